# The sandbox in an image of its own: the static binary that `make build` leaves,
# and nothing else.
FROM scratch
COPY bin/slotfarm /slotfarm
ENV SLOTFARM_LISTEN=0.0.0.0:8623 SLOTFARM_ALLOW_REMOTE=true SLOTFARM_ALLOW_PLAINTEXT=true
EXPOSE 8623
HEALTHCHECK --interval=5s --timeout=5s --start-interval=100ms --start-period=5s CMD ["/slotfarm", "ready"]
USER 65534:65534
ENTRYPOINT ["/slotfarm"]
CMD ["sandbox"]

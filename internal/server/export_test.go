package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/slotfarm/slotfarm/internal/fleet"
)

// Lab is what goes on in the lab.
func (s *Server) Lab() *fleet.Fleet { return s.parts.Lab }

// Changed tells when documents may have changed.
func (s *Server) Changed(ctx context.Context) <-chan struct{} { return s.journal.Changed(ctx, "") }

// Ready is the handler of /readyz.
func (s *Server) Ready(w http.ResponseWriter, r *http.Request) { s.ready(w, r) }

// Handler returns the handler of all requests to the listener.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Notarise writes a checkpoint where one is due.
func (s *Server) Notarise() { s.notary.tick(context.Background()) }

// Metrics is the page of metrics.
func (s *Server) Metrics() string {
	w := httptest.NewRecorder()
	s.metrics.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

package server

import (
	"net/http"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// ready answers whether the server accepts requests.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if _, jumped := s.clock.Jumped(); jumped || s.draining.Load() || !reachable(r.Context(), s.journal) {
		health(w, http.StatusServiceUnavailable)
		return
	}
	health(w, http.StatusOK)
}

func health(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(http.StatusText(status) + "\n")) // nobody can be told if the prober has gone
}

// only makes a page answer only requests for some names.
func only(hosts *web.Hosts, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := hosts.Check(r); err != nil {
			http.Error(w, fault.MessageOf(err), http.StatusForbidden)
			return
		}
		page.ServeHTTP(w, r)
	})
}

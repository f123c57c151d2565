package server

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
)

// Ready is the handler of /readyz.
func (s *Server) Ready(w http.ResponseWriter, r *http.Request) { s.ready(w, r) }

// Handler returns the handler of all requests to the listener.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Metrics is the page of metrics.
func (s *Server) Metrics() string {
	w := httptest.NewRecorder()
	s.metrics.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

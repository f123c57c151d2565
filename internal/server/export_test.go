package server

import "net/http"

// Ready is the handler of /readyz.
func (s *Server) Ready(w http.ResponseWriter, r *http.Request) { s.ready(w, r) }

// Handler returns everything that stands on the listener.
func (s *Server) Handler() http.Handler { return s.http.Handler }

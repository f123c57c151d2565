package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"golang.org/x/net/netutil"
)

// maxConnections is the largest number of open connections; others wait.
const maxConnections = 16_384

// listen returns the listener that the configuration asks for.
func (c Config) listen() (net.Listener, error) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return nil, errors.New("a TLS certificate and its key belong together; one of them is missing")
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	listener = netutil.LimitListener(listener, maxConnections)
	if c.TLSCert == "" {
		return listener, nil
	}
	pair, err := loadCertificate(c.TLSCert, c.TLSKey, c.Log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, pair.config()), nil
}

// serveMetrics answers GET /metrics on a listener of its own.
func (s *Server) serveMetrics(c Config) error {
	listener, err := net.Listen("tcp", c.MetricsListen)
	if err != nil {
		return fmt.Errorf("listen on %s for metrics: %w", c.MetricsListen, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler(c.Log))
	s.measured = c.httpServer(mux)
	go func() {
		if err := s.measured.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			c.Log.Error("metrics", "error", err)
		}
	}()
	return nil
}

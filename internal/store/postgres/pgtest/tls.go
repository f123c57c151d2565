package pgtest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Secure restarts the server with a certificate and its key, both in PEM. It
// still accepts connections without TLS, as PostgreSQL does by default.
func (s *Server) Secure(tb testing.TB, certificate, key []byte) {
	tb.Helper()
	for name, content := range map[string][]byte{"server.crt": certificate, "server.key": key, "postgresql.auto.conf": []byte("ssl = on\n")} {
		path := filepath.Join(s.data(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			tb.Fatal(err)
		}
		if err := s.user.own(path); err != nil {
			tb.Fatal(err)
		}
	}
	s.Stop(syscall.SIGINT)
	s.Run(tb)
}

package postgres_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string // with its certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der := sign(t, template, template, key, key)
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key, file}
}

// issue returns a certificate for an address, and its key, in PEM.
func (a *authority) issue(t *testing.T, address string) (certificate, key []byte) {
	t.Helper()
	private := newKey(t)
	template := &x509.Certificate{IPAddresses: []net.IP{net.ParseIP(address)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	signed := sign(t, template, a.certificate, private, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign signs what a template says of a key, for an hour.
func sign(t *testing.T, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
	t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// verified returns a URL that wants the server to show a certificate of an authority, in its name.
func verified(to string, a *authority) string {
	return to + "?sslmode=verify-full&sslrootcert=" + url.QueryEscape(a.file)
}

func TestVerifiedTLS(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	ours, other := newAuthority(t), newAuthority(t)
	t.Run("no TLS", func(t *testing.T) { wantRefused(t, verified(s.URL("postgres"), ours), "server refused TLS") })
	certificate, key := ours.issue(t, "127.0.0.1")
	s.Secure(t, certificate, key)
	t.Run("another authority", func(t *testing.T) {
		wantRefused(t, verified(s.URL("postgres"), other), "certificate signed by unknown authority")
	})
	t.Run("another host", func(t *testing.T) {
		to := strings.Replace(s.URL("postgres"), "127.0.0.1", "localhost", 1)
		wantRefused(t, verified(to, ours), "x509: certificate is not valid for any names, but wanted to match localhost")
	})
	t.Run("the right one", func(t *testing.T) {
		to := s.Database(t)
		j := open(t, verified(to, ours))
		if _, err := j.Update(t.Context(), opening("111111111111")); err != nil {
			t.Error(err)
		}
		var total, secure int
		row := connect(t, to).QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE ssl)
			FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'slotfarm'`)
		if err := row.Scan(&total, &secure); err != nil || total == 0 || secure != total {
			t.Errorf("%d of %d connections have TLS, %v", secure, total, err)
		}
	})
}

package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

// certificateFiles are where a server reads its certificate and key.
type certificateFiles struct{ cert, key string }

func newCertificateFiles(t *testing.T) certificateFiles {
	t.Helper()
	dir := t.TempDir()
	return certificateFiles{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
}

// write signs a certificate for 127.0.0.1 by itself and writes it, with times of change that no other serial
// number has.
func (c certificateFiles) write(t *testing.T, serial int64) *x509.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "slotfarm e2e"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	changed := time.Unix(1_700_000_000+serial, 0)
	for name, block := range map[string]*pem.Block{
		c.cert: {Type: "CERTIFICATE", Bytes: der}, c.key: {Type: "PRIVATE KEY", Bytes: text},
	} {
		c.put(t, name, pem.EncodeToMemory(block), changed)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (c certificateFiles) put(t *testing.T, name string, text []byte, changed time.Time) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, changed, changed); err != nil {
		t.Fatal(err)
	}
}

// get fetches a page on a connection of its own, with TLS from a server that shows one of the certificates.
func get(t *testing.T, url string, trusted ...*x509.Certificate) (*http.Response, string, error) {
	t.Helper()
	roots := x509.NewCertPool()
	for _, c := range trusted {
		roots.AddCert(c)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: transport, Timeout: harness.Patience}).Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

// TestServeTLS serves with a certificate and replaces it while the server runs. One that cannot be read leaves
// the one before in use.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	files := newCertificateFiles(t)
	trusted := []*x509.Certificate{files.write(t, 1)}
	f := harness.StartFarm(t, "--tls-cert", files.cert, "--tls-key", files.key)
	if !strings.HasPrefix(f.Endpoint, "https://127.0.0.1:") {
		t.Errorf("the endpoint is %s, want an https URL", f.Endpoint)
	}
	serves := func(serial int64) {
		t.Helper()
		resp, text, err := get(t, f.Endpoint+"/readyz", trusted...)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("/readyz: %v, %s", err, text)
		}
		if got := resp.TLS.PeerCertificates[0].SerialNumber; got.Int64() != serial {
			t.Errorf("the certificate shown has the serial number %v, want %d", got, serial)
		}
	}
	serves(1)
	if _, _, err := get(t, f.Endpoint+"/readyz"); err == nil {
		t.Error("a client that trusts no certificate got an answer")
	}
	trusted = append(trusted, files.write(t, 2))
	serves(2)
	files.put(t, files.cert, []byte("no certificate"), time.Unix(1_700_000_003, 0))
	serves(2)
	trusted = append(trusted, files.write(t, 4))
	serves(4)
	if log := f.Stderr.String(); !strings.Contains(log, "TLS certificate not read again") {
		t.Errorf("the log does not say that a certificate could not be read:\n%s", log)
	}
	if err := f.Stop(); err != nil {
		t.Error(err)
	}
}

// TestServeTLSRefusals starts serve with a certificate that cannot be used.
func TestServeTLSRefusals(t *testing.T) {
	t.Parallel()
	dir, _ := harness.Initialise(t)
	files, others := newCertificateFiles(t), newCertificateFiles(t)
	files.write(t, 1)
	others.write(t, 2)
	refusedStart(t, harness.ServeArgs(dir, "--tls-cert", files.cert, "--tls-key", others.key), "TLS certificate", "match")
	refusedStart(t, harness.ServeArgs(dir, "--tls-cert", files.cert+".missing", "--tls-key", files.key), "no such file")
}

// TestServeMetrics requests metrics at the clients' address and at the operator's.
func TestServeMetrics(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	f := harness.StartFarm(t, "--metrics-listen", address)
	account := f.Open(t)
	if got := harness.Gosdk.Run(t, f.NewKey(t, account, "").Session(f.Server), harness.BuyOne)[0]; got.Error != "" {
		t.Fatalf("the purchase was refused: %+v", got)
	}
	resp, text, err := get(t, f.Endpoint+"/metrics")
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics where clients go: %v %s, want 404", err, text)
	}
	resp, text, err = get(t, "http://"+address+"/metrics")
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(text, `"PurchaseOffering"`) {
		t.Errorf("/metrics on --metrics-listen: %v, want the purchase counted:\n%s", err, text)
	}
	for _, path := range []string{"/", "/_slotfarm/v1/accounts", "/readyz"} {
		if resp, text, err := get(t, "http://"+address+path); err != nil || resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s on --metrics-listen: %v %s, want 404", path, err, text)
		}
	}
	if err := f.Stop(); err != nil {
		t.Error(err)
	}
	if _, _, err := get(t, "http://"+address+"/metrics"); err == nil {
		t.Error("there are metrics after the end")
	}
}

// freeAddress returns a loopback address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// TestSecondProcessOnTheSameDataIsRefused starts a second server on a directory that a first one uses.
func TestSecondProcessOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := harness.StartSandbox(t, "--data", dir)
	a := harness.NewTenant(s)
	bought := a.Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	got := harness.RunToEnd(t, "sandbox", "--listen", "127.0.0.1:0", "--data", dir)
	if got.Code != 1 || got.Stdout != "" {
		t.Errorf("the second process: %+v, want exit code 1 and an empty stdout", got)
	}
	if n := len(harness.Lines(got.Stderr)); n != 1 || !strings.Contains(got.Stderr, dir) {
		t.Errorf("the second process printed %d lines on stderr, want one that names %s:\n%s", n, dir, got.Stderr)
	}
	if diff := cmp.Diff([]harness.Transaction{bought}, a.Transactions(t)); diff != "" {
		t.Errorf("transactions of the first process afterwards (-want +got):\n%s", diff)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	s = harness.StartSandbox(t, "--data", dir) // the directory is free again
	if diff := cmp.Diff([]harness.Transaction{bought}, a.At(s).Transactions(t)); diff != "" {
		t.Errorf("transactions after a restart (-want +got):\n%s", diff)
	}
}

// TestSignalDrains stops a server while it reads a request. The server takes no new connections from then on,
// but answers this request, keeps what it bought, and exits with 0.
func TestSignalDrains(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := harness.StartSandbox(t, "--data", dir)
			a := harness.NewTenant(s)
			slow := openPurchase(t, a)
			if err := s.Cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			waitUntilDraining(t, s)
			bought := slow.finish(t)
			if err := s.Ended(); err != nil {
				t.Error(err)
			}
			again := a.At(harness.StartSandbox(t, "--data", dir))
			if diff := cmp.Diff([]harness.Transaction{bought}, again.Transactions(t)); diff != "" {
				t.Errorf("transactions after a restart (-want +got):\n%s", diff)
			}
		})
	}
}

// openRequest is a request that the server has begun to serve, and whose body is still to come.
type openRequest struct {
	conn   net.Conn
	reader *bufio.Reader
	body   string
}

// openPurchase sends the header of a purchase and waits until the server asks for the body, which it does
// from within the request's handler.
func openPurchase(t *testing.T, a harness.Tenant) *openRequest {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.Server.Endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := &openRequest{
		conn:   conn,
		reader: bufio.NewReader(conn),
		body:   fmt.Sprintf(`{"offeringId":%q,"quantity":1}`, harness.IosSlot),
	}
	header := a.Header("PurchaseOffering")
	header.Set("Expect", "100-continue")
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", conn.RemoteAddr(), len(r.body))
	header.Write(conn)
	io.WriteString(conn, "\r\n") // when the connection is broken, the next line says so
	line, err := r.reader.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("%q, %v in place of 100 Continue", line, err)
	}
	if line, err = r.reader.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("%q, %v in place of the end of 100 Continue", line, err)
	}
	return r
}

// finish sends the body and returns the transaction in the answer.
func (r *openRequest) finish(t *testing.T) harness.Transaction {
	t.Helper()
	if _, err := io.WriteString(r.conn, r.body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(r.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct{ OfferingTransaction harness.Transaction }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the request in flight: %s, %v", resp.Status, err)
	}
	return out.OfferingTransaction
}

// waitUntilDraining returns once the server is no longer ready, or no longer listens.
func waitUntilDraining(t *testing.T, s *harness.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), harness.Patience)
	defer cancel()
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := fresh.Do(req)
		if ctx.Err() != nil {
			t.Fatalf("the server still took requests after %v:\n%s", harness.Patience, s.Stderr)
		}
		if err != nil {
			return
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			return
		}
	}
}

// TestHealth reads the two health endpoints of a server that is ready.
func TestHealth(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/livez", "/readyz"} {
		resp, err := harness.Web.Get(harness.Sandbox().Endpoint + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("GET %s: %s, want 200", path, resp.Status)
		}
	}
}

// TestExitCodes runs commands that end at once, and looks at what a script sees of them.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
	}{
		{"unknown command", []string{"sandbocks"}, 2},
		{"unknown flag", []string{"sandbox", "--lissen", "127.0.0.1:0"}, 2},
		{"bad time", []string{"sandbox", "--time", "yesterday"}, 2},
		{"open to all", []string{"sandbox", "--listen", "0.0.0.0:0"}, 2},
		{"address in use", []string{"sandbox", "--listen", strings.TrimPrefix(harness.Sandbox().Endpoint, "http://")}, 1},
		{"data is a file", []string{"sandbox", "--listen", "127.0.0.1:0", "--data", file}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := harness.RunToEnd(t, test.args...)
			if got.Code != test.code || got.Stdout != "" || got.Stderr == "" || len(harness.Lines(got.Stderr)) != 1 {
				t.Errorf("%v: %+v, want exit code %d and one line on stderr only", test.args, got, test.code)
			}
		})
	}
}

// TestVersion reads the version as scripts do.
func TestVersion(t *testing.T) {
	t.Parallel()
	got := harness.RunToEnd(t, "version", "--json")
	var version map[string]string
	if err := json.Unmarshal([]byte(got.Stdout), &version); err != nil || got.Code != 0 {
		t.Fatalf("%+v: %v", got, err)
	}
	for _, key := range []string{"version", "commit", "go"} {
		if version[key] == "" {
			t.Errorf("%s has no %q", got.Stdout, key)
		}
	}
}

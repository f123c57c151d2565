package client_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/client"
)

// helloSum is the SHA-256 of "hello".
const helloSum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

// backingUp answers a request for a backup with a status, a sum and a body.
func backingUp(t *testing.T, status int, sum, body string) *client.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Method + " " + r.URL.Path; got != "GET "+root+"/backup" {
			t.Errorf("request: %s", got)
		}
		w.Header().Set("Slotfarm-Sha256", sum)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestBackup(t *testing.T) {
	var file bytes.Buffer
	got, err := backingUp(t, 200, helloSum, "hello").Backup(context.Background(), &file)
	if diff := cmp.Diff(client.Backup{Bytes: 5, SHA256: helloSum}, got); diff != "" || err != nil || file.String() != "hello" {
		t.Errorf("%q, %v, (-want +got):\n%s", file.String(), err, diff)
	}
	for _, tt := range []struct {
		name              string
		status            int
		sum, body, wanted string
	}{
		{"changed", 200, helloSum, "Hello", "did not arrive completely: its SHA-256 is"},
		{"without a sum", 200, "", "hello", "did not arrive completely"},
		{"refused", 409, "", `{"error":{"code":"Conflict","message":"a backup is under way"}}`, "Conflict: a backup is under way"},
		{"another server", 502, "", "<html>", "is it slotfarm that listens there?"},
	} {
		_, err := backingUp(t, tt.status, tt.sum, tt.body).Backup(context.Background(), &file)
		if err == nil || !strings.Contains(err.Error(), tt.wanted) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.wanted)
		}
	}
	closed, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	_, err = backingUp(t, 200, helloSum, "hello").Backup(context.Background(), closed)
	if here := (*fs.PathError)(nil); !errors.As(err, &here) {
		t.Errorf("into a file that takes nothing: %v, want that", err)
	}
}

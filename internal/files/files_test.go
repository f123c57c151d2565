package files_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/files"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// shelf serves two files: one that is there, and one that breaks off.
type shelf struct {
	*files.Files
	t   *testing.T
	url string
	now time.Time
}

func signer(secret string) func([]byte) []byte {
	return func(message []byte) []byte {
		code := hmac.New(sha256.New, []byte(secret))
		code.Write(message)
		return code.Sum(nil)
	}
}

func open(t *testing.T) *shelf {
	s := &shelf{t: t, now: noon}
	s.Files = files.New(files.Config{
		Sources: map[string]files.Source{"log": {Type: "text/plain; charset=utf-8", Write: write}},
		Sign:    signer("ours"), Now: func() time.Time { return s.now },
	})
	server := httptest.NewServer(s.Files)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// write writes the file "there" whole, breaks off "broken", and knows no other.
func write(_ context.Context, id string, w io.Writer) error {
	switch id {
	case "there":
		_, err := io.WriteString(w, "a log\n")
		return err
	case "broken":
		_, err := io.WriteString(w, strings.Repeat("half a log\n", 10_000))
		return errors.Join(err, errors.New("the disk is full"))
	case "lost":
		return errors.New("the disk is full")
	}
	return fault.New(fault.NotFound, "There is no such log.")
}

// send sends a request and returns the status, the headers and the body.
func (s *shelf) send(method, path string) (int, http.Header, string, error) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(body), err
}

func TestFiles(t *testing.T) {
	s := open(t)
	there := s.Path(files.Ref{Kind: "log", ID: "there", As: "se lenium.log"})
	tests := []struct {
		name, method, path string
		status             int
		body               string
	}{
		{"a file", "GET", there, 200, "a log\n"},
		{"its head", "HEAD", there, 200, ""},
		{"a file that is not there", "GET", s.Path(files.Ref{Kind: "log", ID: "never", As: "x"}), 404, "There is no such log.\n"},
		{"a kind that is not there", "GET", s.Path(files.Ref{Kind: "film", ID: "there", As: "x"}), 404, "There is no such file.\n"},
		{"our own failure", "GET", s.Path(files.Ref{Kind: "log", ID: "lost", As: "x"}), 500, fault.InternalMessage + "\n"},
		{"an id with slashes", "GET", s.Path(files.Ref{Kind: "log", ID: "../there", As: "x"}), 404, "There is no such log.\n"},
		{"another method", "POST", there, 405, "A file is read by GET.\n"},
		{"another id", "GET", strings.Replace(there, "there", "broken", 1), 403, "The URL of the file is not valid.\n"},
		{"another name", "GET", there + "x", 403, "The URL of the file is not valid.\n"},
		{"less", "GET", there[:strings.LastIndexByte(there, '/')], 403, "The URL of the file is not valid.\n"},
		{"more", "GET", there + "/x", 403, "The URL of the file is not valid.\n"},
		{"nothing", "GET", files.Prefix, 403, "The URL of the file is not valid.\n"},
		{"a later end", "GET", strings.Replace(there, "/1", "/2", 1), 403, "The URL of the file is not valid.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, header, body, err := s.send(tt.method, tt.path)
			if err != nil || status != tt.status || body != tt.body {
				t.Errorf("answer = %d %q, %v, want %d %q", status, body, err, tt.status, tt.body)
			}
			if header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("headers = %v", header)
			}
			want := ""
			if status == http.StatusOK {
				want = "attachment; filename*=UTF-8''se%20lenium.log"
			}
			if diff := cmp.Diff(want, header.Get("Content-Disposition")); diff != "" {
				t.Errorf("disposition (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExpiry has a URL be good until its time is over.
func TestExpiry(t *testing.T) {
	s := open(t)
	path := s.Path(files.Ref{Kind: "log", ID: "there", As: "x"})
	s.now = noon.Add(files.Lasts - time.Second)
	if status, _, body, err := s.send(http.MethodGet, path); status != http.StatusOK || err != nil {
		t.Errorf("a second before its end: %d %s, %v", status, body, err)
	}
	s.now = noon.Add(files.Lasts)
	if status, _, body, err := s.send(http.MethodGet, path); status != http.StatusForbidden || !strings.Contains(body, "has expired") {
		t.Errorf("at its end: %d %s, %v, want that it has expired", status, body, err)
	}
}

// TestForeignSignature has the same file be signed by another farm.
func TestForeignSignature(t *testing.T) {
	s := open(t)
	other := files.New(files.Config{Sign: signer("theirs"), Now: func() time.Time { return noon }})
	if status, _, _, err := s.send(http.MethodGet, other.Path(files.Ref{Kind: "log", ID: "there", As: "x"})); status != http.StatusForbidden {
		t.Errorf("status = %d, %v, want 403", status, err)
	}
}

// TestHalves has a file break off: the client hears that it is not whole.
func TestHalves(t *testing.T) {
	s := open(t)
	status, _, body, err := s.send(http.MethodGet, s.Path(files.Ref{Kind: "log", ID: "broken", As: "x"}))
	if err == nil {
		t.Errorf("a file that broke off came as %d with %d bytes, and whole", status, len(body))
	}
}

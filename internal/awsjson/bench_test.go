package awsjson_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// discarded is an http.ResponseWriter that keeps the status alone.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkHandler decodes the input of a call, encodes its output and logs a
// line.
func BenchmarkHandler(b *testing.B) {
	const input = `{"text":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","count":1}`
	h := handlerOf(b, echoService(io.Discard))
	r := post(input, nil)
	body := strings.NewReader(input)
	r.Body = io.NopCloser(body)
	w := &discarded{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(input)
		if h.ServeHTTP(w, r); w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
}

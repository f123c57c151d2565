package sigv4_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// TestSignBareRequest signs a request that leaves to net/http what it can.
func TestSignBareRequest(t *testing.T) {
	r := &http.Request{URL: &url.URL{Scheme: "http", Host: "127.0.0.1:8623"}}
	mustSign(t, exampleSigner(), r, "")
	if _, err := verify(deliver(t, r), nil); err != nil {
		t.Errorf("Verify: %v", err)
	}
}

func TestSignReplacesAnEarlierSignature(t *testing.T) {
	once, body := purchase(t)
	again := once.Clone(t.Context())
	s := exampleSigner()
	s.Region, s.SessionToken = "eu-west-1", exampleToken
	if err := s.Sign(again, body, exampleTime().AddDate(0, 0, 1)); err != nil {
		t.Fatalf("Sign: %v", err)
	}
	again.Header.Del("X-Amz-Security-Token")
	mustSign(t, exampleSigner(), again, string(body))
	if diff := cmp.Diff(once.Header, again.Header); diff != "" {
		t.Errorf("headers (-signed once +signed again):\n%s", diff)
	}
}

func TestSignedHeaders(t *testing.T) {
	r := newRequest(t, http.MethodPost, exampleURL, "{}",
		"Content-Type", "text/plain", "X-Amz-Target", "a.b", "Accept", "*/*",
		"Authorization", "Basic QQ==", "Content-Length", "7", "Expect", "100-continue", "Host", "example.org",
		"Transfer-Encoding", "chunked", "User-Agent", "example", "X-Amzn-Trace-Id", "Root=1")
	r.Header["X-Empty"] = nil
	r.Header["x-lower-case"] = []string{"a"}
	mustSign(t, exampleSigner(), r, "{}")
	got, err := sigv4.Parse(r.Header)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	want := []string{"accept", "content-length", "content-type", "host", "x-amz-date", "x-amz-target"}
	if diff := cmp.Diff(want, got.SignedHeaders); diff != "" {
		t.Errorf("SignedHeaders (-want +got):\n%s", diff)
	}
}

func TestSignRefusesAQueryThatIsNone(t *testing.T) {
	for _, query := range []string{"a=%zz", "a;b"} {
		r := newRequest(t, http.MethodGet, exampleURL+"/?"+query, "")
		err := exampleSigner().Sign(r, nil, exampleTime())
		if got := failureOf(err); got.Kind != fault.InvalidSignature || !strings.Contains(got.Message, query) {
			t.Errorf("Sign with the query %q: %+v, want an invalid signature that names it", query, got)
		}
		if got := r.Header.Get("Authorization"); got != "" {
			t.Errorf("Sign with the query %q left the Authorization %q, want none", query, got)
		}
	}
}

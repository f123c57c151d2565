package sigv4_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// The key, the time and the host of AWS's published examples.
const (
	exampleKey    = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	exampleToken  = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
	exampleURL    = "http://example.amazonaws.com"
)

func exampleTime() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

func exampleSigner() sigv4.Signer {
	return sigv4.Signer{AccessKeyID: exampleKey, Secret: exampleSecret, Region: "us-east-1", Service: "devicefarm"}
}

// exampleSecrets knows the example key alone.
func exampleSecrets(accessKeyID string) (string, error) {
	if accessKeyID != exampleKey {
		return "", fault.New(fault.UnknownKey, "The access key %q does not exist.", accessKeyID)
	}
	return exampleSecret, nil
}

// newRequest returns a client's request with headers given as name, value, ….
func newRequest(t testing.TB, method, url, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatalf("NewRequest(%q, %q): %v", method, url, err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// purchase returns a signed call as the AWS clients make it.
func purchase(t testing.TB) (*http.Request, []byte) {
	t.Helper()
	const body = `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`
	r := newRequest(t, http.MethodPost, exampleURL+":8623/", body,
		"Content-Type", "application/x-amz-json-1.1",
		"X-Amz-Target", "DeviceFarm_20150623.PurchaseOffering",
		"Amz-Sdk-Invocation-Id", "7d2c1b4e-2f3a-4c55-9d0e-000000000001",
		"User-Agent", "example/1.0")
	mustSign(t, exampleSigner(), r, body)
	return r, []byte(body)
}

func mustSign(t testing.TB, s sigv4.Signer, r *http.Request, body string) {
	t.Helper()
	if err := s.Sign(r, []byte(body), exampleTime()); err != nil {
		t.Fatalf("Sign: %v", err)
	}
}

// deliver returns a client's request as net/http hands it to a server's handler.
func deliver(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatalf("Write: %v", err)
	}
	received, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatalf("ReadRequest: %v", err)
	}
	return received
}

// verify checks a message at the time of the examples, as the Device Farm API does.
func verify(r *http.Request, body []byte) (sigv4.Verified, error) {
	v := sigv4.Verifier{Service: "devicefarm", Signed: []string{"idempotency-key"}}
	return v.Verify(sigv4.Message{HTTP: r, Body: body}, exampleSecrets, exampleTime())
}

// failure is an error as the packages above this one see it.
type failure struct {
	Kind    fault.Kind
	Message string
}

// failureOf describes an error; no error is the zero failure.
func failureOf(err error) failure {
	if err == nil {
		return failure{}
	}
	return failure{fault.KindOf(err), fault.MessageOf(err)}
}

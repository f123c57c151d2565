package clients

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// TestSignaturesOfRealClients checks the verifier of signatures with what each client really signs. The promotion's
// name makes a body whose bytes and characters differ in number.
func TestSignaturesOfRealClients(t *testing.T) {
	tests := []struct {
		name, path, secret, token string
		want                      string // in the message of a refusal; "" where the signature is good
	}{
		{name: "key", secret: harness.SigningSecret},
		{name: "session token", secret: harness.SigningSecret, token: "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVz+dC0x=="},
		{name: "base path", path: "/team a/~api", secret: harness.SigningSecret},
		{name: "wrong secret", secret: strings.ToLower(harness.SigningSecret), want: "signature"},
	}
	call := harness.Step{Operation: "PurchaseOffering", Input: map[string]any{
		"offeringId": harness.IosSlot, "quantity": 3, "offeringPromotionId": "zwei für 0 €",
	}}
	for name, c := range harness.Clients {
		for _, test := range tests {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				seen := make(chan sigv4.Verified, 1)
				front := httptest.NewServer(verifying(seen))
				defer front.Close()
				got := c.Run(t, harness.Session{
					Endpoint: front.URL + strings.ReplaceAll(test.path, " ", "%20"), MaxAttempts: 1,
					Account: harness.SigningKeyID, Secret: test.secret, SessionToken: test.token,
				}, call)[0]
				if test.want != "" {
					if !strings.Contains(got.Message, test.want) {
						t.Errorf("%+v, want a refusal with the word %q", got, test.want)
					}
					return
				}
				if got.Error != "" {
					t.Fatalf("the verifier refused what the client signed: %s", got.Message)
				}
				want := sigv4.Verified{
					Credential:   sigv4.Credential{AccessKeyID: harness.SigningKeyID, Region: "us-west-2", Service: "devicefarm"},
					SessionToken: test.token != "",
				}
				volatile := []cmp.Option{
					cmpopts.IgnoreFields(sigv4.Verified{}, "SignedAt"), cmpopts.IgnoreFields(sigv4.Credential{}, "Date"),
				}
				if diff := cmp.Diff(want, <-seen, volatile...); diff != "" {
					t.Errorf("verified (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// verifying answers requests with a good signature with an empty success, and sends what was verified to
// seen. A bad one gets an exception that says why.
func verifying(seen chan<- sigv4.Verified) http.Handler {
	verifier := &sigv4.Verifier{Service: "devicefarm"}
	secret := func(string) (string, error) { return harness.SigningSecret, nil }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		verified, err := verifier.Verify(sigv4.Message{HTTP: r, Body: body}, secret, time.Now())
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(map[string]string{"__type": "ArgumentException", "message": err.Error()})
			return
		}
		seen <- verified
		io.WriteString(w, `{"offeringTransaction":{}}`)
	})
}

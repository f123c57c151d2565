package bench

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// parse reads a request as a server does.
func parse(t *testing.T, wire []byte) (*http.Request, []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		t.Fatalf("%v in %q", err, wire)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

// TestSigned has the verifier of the server read requests, on the day of the
// keyring, on the next one, and of an account that the keyring does not hold.
func TestSigned(t *testing.T) {
	t.Parallel()
	w := newWriter("127.0.0.1:8623", newKeyring(3, noon), [32]byte{1})
	verifier := sigv4.Verifier{Service: "devicefarm"}
	secret := func(id string) (string, error) { return Secret(id), nil }
	ids := map[string]bool{}
	for _, now := range []time.Time{noon, noon.Add(time.Millisecond), noon.Add(time.Second), noon.Add(24 * time.Hour)} {
		for account := range 4 {
			for _, text := range []string{"{}", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`} {
				r, body := parse(t, w.signed(newTemplate("PurchaseOffering", []byte(text)), account, now))
				got, err := verifier.Verify(sigv4.Message{HTTP: r, Body: body}, secret, now)
				if err != nil {
					t.Fatalf("account %d at %s: %v", account, now, err)
				}
				want := sigv4.Verified{
					Credential: sigv4.Credential{
						AccessKeyID: AccountID(account), Date: now.Format("20060102"), Region: "us-west-2", Service: "devicefarm",
					},
					SignedAt: now.Truncate(time.Second),
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("verified (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(text, string(body)); diff != "" {
					t.Errorf("body (-want +got):\n%s", diff)
				}
				ids[r.Header.Get("Amz-Sdk-Invocation-Id")] = true
			}
		}
	}
	if want := 4 * 4 * 2; len(ids) != want {
		t.Errorf("%d invocation ids, want %d different ones", len(ids), want)
	}
}

func TestOperatorRequest(t *testing.T) {
	t.Parallel()
	w := newWriter("127.0.0.1:8623", newKeyring(0, noon), [32]byte{1})
	r, body := parse(t, w.operator("/_slotfarm/v1/accounts/900000000007/clock/advance", []byte(`{"periods":12}`)))
	got := []string{r.Method, r.URL.Path, r.Host, string(body)}
	want := []string{"POST", "/_slotfarm/v1/accounts/900000000007/clock/advance", "127.0.0.1:8623", `{"periods":12}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// TestHolds says which bodies are the answers wanted.
func TestHolds(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"a":1,"b":2}`: true, `{"a":1}`: false, `{"a":1,"b":2`: false, `["a","b"]`: false, "": false, "}": false,
	} {
		if got := holds([]byte(body), []string{`"a"`, `"b"`}); got != want {
			t.Errorf("holds(%q) = %t, want %t", body, got, want)
		}
	}
}

func BenchmarkSigned(b *testing.B) {
	w := newWriter("127.0.0.1:8623", newKeyring(1000, noon), [32]byte{1})
	t := newTemplate("PurchaseOffering", []byte(`{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`))
	b.ReportAllocs()
	for i := range b.N {
		w.signed(t, i%1000, noon)
	}
}

package sigv4_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// TestVerifyByManyGoroutines shares one verifier, and its keys, among them.
func TestVerifyByManyGoroutines(t *testing.T) {
	v := sigv4.Verifier{Service: "devicefarm"}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := exampleSigner()
			for j := range 50 {
				s.Region = "region-" + strconv.Itoa((i+j)%20)
				r := newRequest(t, http.MethodPost, exampleURL, "{}")
				if err := s.Sign(r, []byte("{}"), exampleTime()); err != nil {
					t.Errorf("Sign: %v", err)
				}
				if _, err := v.Verify(sigv4.Message{HTTP: r, Body: []byte("{}")}, exampleSecrets, exampleTime()); err != nil {
					t.Errorf("Verify: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkVerify(b *testing.B) {
	r, body := purchase(b)
	m := sigv4.Message{HTTP: deliver(b, r), Body: body}
	v := sigv4.Verifier{Service: "devicefarm"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(m, exampleSecrets, exampleTime()); err != nil {
			b.Fatal(err)
		}
	}
}

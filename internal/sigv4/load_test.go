package sigv4_test

import (
	"strconv"
	"testing"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// TestVerifyByManyGoroutines shares one verifier, and its keys, among them.
func TestVerifyByManyGoroutines(t *testing.T) {
	v := sigv4.Verifier{Service: "devicefarm"}
	for i := range 8 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			verifyInRegions(t, &v, i)
		})
	}
}

// verifyInRegions verifies requests signed for one region after another.
func verifyInRegions(t *testing.T, v *sigv4.Verifier, first int) {
	for i := range 50 {
		s := exampleSigner()
		s.Region = "region-" + strconv.Itoa((first+i)%20)
		r, body := purchase(t)
		if err := s.Sign(r, body, exampleTime()); err != nil {
			t.Errorf("Sign: %v", err)
		}
		got, err := v.Verify(sigv4.Message{HTTP: r, Body: body}, exampleSecrets, exampleTime())
		if err != nil || got.Region != s.Region {
			t.Errorf("Verify: region %q, %v; want %q and no error", got.Region, err, s.Region)
		}
	}
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

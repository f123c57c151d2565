package throttle_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slotfarm/slotfarm/internal/throttle"
)

// strangers returns a Strangers that slows down sources that fail more than
// three times at once, and then more than once in ten seconds.
func strangers(t *testing.T) *throttle.Strangers {
	t.Helper()
	s, err := throttle.NewStrangers(throttle.Limit{Rate: 0.1, Burst: 3}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// took returns for how long a failure was held back.
func took(ctx context.Context, s *throttle.Strangers, source string) time.Duration {
	begin := time.Now()
	s.Hold(ctx, source)
	return time.Since(begin)
}

// TestStrangersAreSlowed after a burst, each source for itself.
func TestStrangersAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := strangers(t)
		for i, want := range []time.Duration{0, 0, 0, time.Second, time.Second} {
			if got := took(t.Context(), s, "192.0.2.1"); got != want {
				t.Errorf("failure %d is held for %s, want %s", i, got, want)
			}
		}
		if got := took(t.Context(), s, "192.0.2.2"); got != 0 {
			t.Errorf("another source is held for %s", got)
		}
		<-time.After(10 * time.Second)
		if got := took(t.Context(), s, "192.0.2.1"); got != 0 {
			t.Errorf("the first source is held for %s once it has been quiet", got)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if got := took(gone, s, "192.0.2.1"); got != 0 {
			t.Errorf("a caller who left is held for %s", got)
		}
	})
}

// TestFewAreHeld has more strangers at once than are held back.
func TestFewAreHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := strangers(t)
		var all sync.WaitGroup
		var mu sync.Mutex
		held := 0
		for range 3 + 2000 {
			all.Go(func() {
				if took(t.Context(), s, "192.0.2.1") > 0 {
					mu.Lock()
					defer mu.Unlock()
					held++
				}
			})
		}
		all.Wait()
		if held != 1024 {
			t.Errorf("%d strangers were held back at once, want 1024", held)
		}
	})
}

package bench

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestQuantiles compares with the samples themselves, sorted.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, int64(longest)), func(n int64) time.Duration {
			return time.Duration(n)
		}), 1, 500).Draw(t, "samples")
		cut := rapid.IntRange(0, len(samples)).Draw(t, "cut")
		var whole, other histogram
		for i, d := range samples {
			if i < cut {
				whole.record(d)
			} else {
				other.record(d)
			}
		}
		whole.add(&other)
		slices.Sort(samples)
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 1} {
			exactly := samples[rankOf(q, int64(len(samples)))-1]
			if got := whole.quantile(q); got < exactly || got > exactly+exactly/128 {
				t.Fatalf("quantile %g of %d samples = %d, want %d or at most 1/128 more", q, len(samples), got, exactly)
			}
		}
		if want := samples[len(samples)-1]; whole.max != want || whole.total != int64(len(samples)) {
			t.Fatalf("max = %d of %d, want %d of %d", whole.max, whole.total, want, len(samples))
		}
	})
}

// TestBuckets checks that every bucket ends where the next one begins.
func TestBuckets(t *testing.T) {
	t.Parallel()
	for i := range buckets - 1 {
		if end := upper(i); bucket(end) != i || bucket(end+1) != i+1 {
			t.Fatalf("bucket %d ends at %d, which counts in %d and the next in %d", i, end, bucket(end), bucket(end+1))
		}
	}
	if got := upper(buckets - 1); got != longest {
		t.Errorf("the last bucket ends at %d, want %d", got, longest)
	}
}

// TestRecordOutOfRange has durations that no bucket holds.
func TestRecordOutOfRange(t *testing.T) {
	t.Parallel()
	var h histogram
	if got := h.quantile(0.5); got != 0 {
		t.Errorf("quantile of nothing = %s, want 0", got)
	}
	h.record(-time.Second)
	if got := h.quantile(1); got != 0 {
		t.Errorf("a negative duration counts as %s, want 0", got)
	}
	h.record(time.Hour)
	if got := h.quantile(1); got != longest {
		t.Errorf("an hour counts as %s, want %s", got, longest)
	}
}

package bench

import (
	"math/bits"
	"time"
)

// A histogram's buckets: one for each nanosecond up to exact, and above that
// exact/2 for each power of two, so that a bucket is never wider than 1/128 of
// the durations in it. A duration above longest counts as longest.
const (
	exactBits   = 8
	exact       = 1 << exactBits
	longestBits = 40
	longest     = time.Duration(1<<longestBits - 1) // 18 minutes
	buckets     = exact + (longestBits-exactBits)*exact/2
)

// histogram counts durations. Its zero value is empty and ready to use.
type histogram struct {
	counts [buckets]uint32
	total  int64
	max    time.Duration
}

// record counts a duration; a negative one counts as zero.
func (h *histogram) record(d time.Duration) {
	d = min(max(d, 0), longest)
	h.counts[bucket(d)]++
	h.total++
	h.max = max(h.max, d)
}

// bucket returns the bucket of a duration.
func bucket(d time.Duration) int {
	if d < exact {
		return int(d)
	}
	power := bits.Len64(uint64(d)) - exactBits // number of low bits that are lost
	return exact/2*power + int(d>>power)
}

// upper returns the longest duration that a bucket counts.
func upper(bucket int) time.Duration {
	if bucket < exact {
		return time.Duration(bucket)
	}
	power := bucket/(exact/2) - 1
	return time.Duration(bucket-exact/2*power+1)<<power - 1
}

// add adds the counts of other.
func (h *histogram) add(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.max = max(h.max, other.max)
}

// quantile returns the duration that a share q of all durations, from 0 to 1,
// does not exceed: at most 1/128 above the exact one, and never above the
// longest recorded one. For an empty histogram it returns 0.
func (h *histogram) quantile(q float64) time.Duration {
	rank := rankOf(q, h.total)
	var seen int64
	for i, n := range h.counts {
		seen += int64(n)
		if seen >= rank && n > 0 {
			return min(upper(i), h.max)
		}
	}
	return h.max
}

// rankOf returns the rank of the quantile q among total values in ascending
// order, counted from 1.
func rankOf(q float64, total int64) int64 {
	rank := int64(q * float64(total))
	if float64(rank) < q*float64(total) {
		rank++
	}
	return min(max(rank, 1), total)
}

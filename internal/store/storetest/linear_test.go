package storetest

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// TestLinearizable checks the checker: some histories are correct, and some
// show what an engine can do wrong.
func TestLinearizable(t *testing.T) {
	put := func(version int64, seen map[int]int64, keys ...int) porcupine.Operation {
		return porcupine.Operation{Input: linearCall{commit: true, If: seen, put: keys}, Output: linearReply{version: version}}
	}
	remove := func(version int64, key int) porcupine.Operation {
		return porcupine.Operation{Input: linearCall{commit: true, deleted: []int{key}}, Output: linearReply{version: version}}
	}
	get := func(a, b int64) porcupine.Operation {
		return porcupine.Operation{Input: linearCall{}, Output: linearReply{seen: [linearKeys]int64{a, b}}}
	}
	one, other := map[int]int64{0: 1}, map[int]int64{1: 1}
	for _, tt := range []struct {
		name  string
		at    []int64 // when each call begins; it takes two
		calls []porcupine.Operation
		want  bool
	}{
		{"one after another", []int64{1, 5, 9}, []porcupine.Operation{put(1, nil, 0), put(2, one, 0), get(2, 0)}, true},
		{"at the same time", []int64{1, 1, 1}, []porcupine.Operation{get(2, 0), put(2, one, 0), put(1, nil, 0)}, true},
		{"a conflict", []int64{1, 5, 9}, []porcupine.Operation{put(1, nil, 0), put(2, nil, 0), put(0, one, 0)}, true},
		{"gone and back", []int64{1, 5, 9, 13}, []porcupine.Operation{put(1, nil, 0), remove(2, 0), get(0, 0), put(3, map[int]int64{0: 0}, 0)}, true},
		{"a conflict without a reason", []int64{1, 5}, []porcupine.Operation{put(1, nil, 0), put(0, one, 0)}, false},
		{"a lost update", []int64{1, 5, 5}, []porcupine.Operation{put(1, nil, 0), put(2, one, 0), put(3, one, 0)}, false},
		{"a write skew", []int64{1, 5, 5}, []porcupine.Operation{put(1, nil, 0, 1), put(2, one, 1), put(3, other, 0)}, false},
		{"an old read", []int64{1, 5, 9}, []porcupine.Operation{put(1, nil, 0), put(2, nil, 0), get(1, 0)}, false},
		{"a read of two moments", []int64{1, 5, 5}, []porcupine.Operation{put(1, nil, 0, 1), put(2, nil, 0, 1), get(2, 1)}, false},
		{"a version twice", []int64{1, 5, 9}, []porcupine.Operation{put(1, nil, 0), remove(2, 0), put(1, nil, 0)}, false},
		{"a phantom", []int64{1, 5, 9}, []porcupine.Operation{put(1, nil, 0), remove(2, 0), put(3, one, 1)}, false},
	} {
		for i := range tt.calls {
			tt.calls[i].ClientId, tt.calls[i].Call, tt.calls[i].Return = i, tt.at[i], tt.at[i]+2
		}
		if err := linearizable(tt.calls); (err == nil) != tt.want {
			t.Errorf("%s: %v, want it to pass: %t", tt.name, err, tt.want)
		}
	}
}

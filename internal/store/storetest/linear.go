package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Sizes of the history that Linear makes.
const (
	linearKeys   = 20
	linearRounds = 5 // commits that each caller completes
	linearTime   = time.Minute

	// watched is the number of callers for which reads and conflicts are
	// recorded too. Finding an order for those of all callers would take
	// forever.
	watched = 4
)

// linearCall is one Get of all documents, or one commit.
type linearCall struct {
	commit  bool
	If      map[int]int64
	put     []int
	deleted []int
}

// linearReply is the result of a call: the versions that Get saw, or the
// version that a commit gave, 0 for a conflict.
type linearReply struct {
	seen    [linearKeys]int64
	version int64
}

// linearModel models documents as their versions, in one place and at one
// moment. The version of a key grows with each commit that changes it; the
// version of a deleted key is kept as a negative number.
func linearModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return [linearKeys]int64{} },
		Step: func(before, input, output any) (bool, any) {
			state, call, reply := before.([linearKeys]int64), input.(linearCall), output.(linearReply)
			if !call.commit {
				return shown(state) == reply.seen, state
			}
			for key, version := range call.If {
				if max(state[key], 0) != version {
					return reply.version == 0, state
				}
			}
			return step(&state, call, reply.version), state
		},
	}
}

// shown returns a state as Get sees it.
func shown(state [linearKeys]int64) [linearKeys]int64 {
	for key := range state {
		state[key] = max(state[key], 0)
	}
	return state
}

// step makes the changes of a commit, and reports false if the commit cannot
// have given them the version in this state.
func step(state *[linearKeys]int64, call linearCall, version int64) bool {
	for _, key := range slices.Concat(call.put, call.deleted) {
		if version <= max(state[key], -state[key]) {
			return false
		}
		state[key] = version
	}
	for _, key := range call.deleted {
		state[key] = -version
	}
	return true
}

// Linear lets many callers read and change twenty documents at all nodes of one
// store, several at a time and on the condition that others have not changed.
// What they saw must be what they would have seen one after another.
func Linear(t *testing.T, nodes ...store.Documents) {
	t.Helper()
	h := &linearHistory{t: t, begin: time.Now(), keys: make([]string, linearKeys)}
	for i := range h.keys {
		h.keys[i] = "linear/" + string(rune('a'+i))
	}
	warm(t, nodes)
	h.create(nodes[0])
	together(func(i int) {
		chance := rand.New(rand.NewPCG(uint64(i), 1))
		for range linearRounds {
			for !h.change(i, nodes[i%len(nodes)], chance) && !t.Failed() {
			}
		}
	})
	if t.Failed() {
		return
	}
	done := slices.DeleteFunc(slices.Clone(h.calls), func(o porcupine.Operation) bool { return o.Output.(linearReply).version == 0 })
	t.Logf("%d calls, of which %d changed something", len(h.calls), len(done))
	if err := linearizable(h.calls); err != nil {
		t.Error(err)
	}
}

// linearizable returns nil if there is an order of the calls in which each has
// the result that it had.
func linearizable(calls []porcupine.Operation) error {
	if !narrow(calls) {
		return fmt.Errorf("some of the %d calls would each have to come before the other", len(calls))
	}
	if result := porcupine.CheckOperationsTimeout(linearModel(), calls, linearTime); result != porcupine.Ok {
		return fmt.Errorf("the history of %d calls is %s, want Ok", len(calls), result)
	}
	return nil
}

// linearHistory is what happened.
type linearHistory struct {
	t     *testing.T
	begin time.Time
	keys  []string
	mu    sync.Mutex
	calls []porcupine.Operation
}

// warm lets all callers use their nodes until these serve them: an engine that
// has to make many connections at once on a busy machine may fail at first.
func warm(t *testing.T, nodes []store.Documents) {
	t.Helper()
	together(func(i int) {
		begin := time.Now()
		for {
			_, err := nodes[i%len(nodes)].Commit(context.Background(), store.Commit{Put: []store.Document{doc(fmt.Sprintf("warm/%d", i), `1`)}})
			if err == nil {
				return
			}
			if time.Since(begin) > linearTime {
				t.Error(err)
				return
			}
		}
	})
}

// create makes all documents.
func (h *linearHistory) create(docs store.Documents) {
	call, commit := linearCall{commit: true}, store.Commit{}
	for i, key := range h.keys {
		call.put, commit.Put = append(call.put, i), append(commit.Put, doc(key, `1`))
	}
	h.record(0, call, func() (reply linearReply, err error) {
		reply.version, err = docs.Commit(context.Background(), commit)
		return reply, err
	})
}

// change reads all documents, and then commits a change of some on the
// condition that these and others have not changed. It reports whether the
// condition held.
func (h *linearHistory) change(caller int, docs store.Documents, chance *rand.Rand) bool {
	var seen linearReply
	h.record(caller, linearCall{}, func() (linearReply, error) {
		found, err := docs.Get(context.Background(), h.keys...)
		for _, d := range found {
			seen.seen[slices.Index(h.keys, d.Key)] = d.Version
		}
		return seen, err
	})
	call, commit := linearCall{commit: true, If: map[int]int64{}}, store.Commit{If: map[string]int64{}}
	for n, i := range chance.Perm(linearKeys)[:2+chance.IntN(3)] {
		switch {
		case n == 0 || chance.IntN(4) == 0: // only read
			call.If[i], commit.If[h.keys[i]] = seen.seen[i], seen.seen[i]
			continue
		case chance.IntN(4) > 0: // else changed unconditionally
			call.If[i], commit.If[h.keys[i]] = seen.seen[i], seen.seen[i]
		}
		if chance.IntN(10) == 0 {
			call.deleted, commit.Delete = append(call.deleted, i), append(commit.Delete, h.keys[i])
		} else {
			call.put, commit.Put = append(call.put, i), append(commit.Put, doc(h.keys[i], `1`))
		}
	}
	if len(commit.Put)+len(commit.Delete) == 0 {
		return true
	}
	var version int64
	h.record(caller, call, func() (_ linearReply, err error) {
		version, err = docs.Commit(context.Background(), commit)
		if errors.Is(err, store.ErrConflict) {
			err = nil
		}
		return linearReply{version: version}, err
	})
	return version != 0
}

// record makes a call and keeps it.
func (h *linearHistory) record(caller int, call linearCall, f func() (linearReply, error)) {
	called := time.Since(h.begin)
	reply, err := f()
	returned := time.Since(h.begin)
	if err != nil {
		h.t.Error(err)
		return
	}
	if reply.version == 0 && caller >= watched {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, porcupine.Operation{
		ClientId: caller, Input: call, Output: reply, Call: called.Nanoseconds(), Return: returned.Nanoseconds(),
	})
}

func testLinear(t *testing.T, s *subject) { Linear(t, s) }

package storetest

import (
	"cmp"
	"slices"

	"github.com/anishathalye/porcupine"
)

// narrow uses versions to shorten the times in which calls may have happened: a
// call that changes a key comes after the call that gave it the version before,
// and a call that saw a version comes between the two. Every order that was
// possible stays possible, and is found faster. It reports false if no order is
// possible because calls would each have to come before the other.
func narrow(calls []porcupine.Operation) bool {
	for i := range calls { // room for steps between two times
		calls[i].Call, calls[i].Return = calls[i].Call<<20, calls[i].Return<<20
	}
	edges := orderOf(calls)
	for range calls {
		moved := false
		for _, e := range edges {
			first, then := &calls[e[0]], &calls[e[1]]
			if then.Call <= first.Call {
				then.Call, moved = first.Call+1, true
			}
			if first.Return >= then.Return {
				first.Return, moved = then.Return-1, true
			}
		}
		if !moved {
			return true
		}
	}
	return false
}

// orderOf returns pairs of calls of which the first must come before the second.
func orderOf(calls []porcupine.Operation) (edges [][2]int) {
	before := func(first, then int) {
		if first != then {
			edges = append(edges, [2]int{first, then})
		}
	}
	for key := range linearKeys {
		var changes, seers []int
		for i, o := range calls {
			if o.Input.(linearCall).changes(key) && o.Output.(linearReply).version != 0 {
				changes = append(changes, i)
			}
			if sawOf(o, key) > 0 {
				seers = append(seers, i)
			}
		}
		given := func(i int) int64 { return calls[i].Output.(linearReply).version }
		slices.SortFunc(changes, func(a, b int) int { return cmp.Compare(given(a), given(b)) })
		for at := range changes[min(1, len(changes)):] {
			before(changes[at], changes[at+1])
		}
		for _, seer := range seers {
			at, found := slices.BinarySearchFunc(changes, sawOf(calls[seer], key), func(i int, v int64) int { return cmp.Compare(given(i), v) })
			if !found {
				continue // the model refuses it
			}
			before(changes[at], seer)
			if at+1 < len(changes) {
				before(seer, changes[at+1])
			}
		}
	}
	return edges
}

// changes reports whether a call changes a key.
func (c linearCall) changes(key int) bool {
	return slices.Contains(c.put, key) || slices.Contains(c.deleted, key)
}

// sawOf returns the version that a key must have had at a call, or 0 if the
// call does not tell: the key does not exist, or the call was a commit that met
// a conflict.
func sawOf(o porcupine.Operation, key int) int64 {
	call, reply := o.Input.(linearCall), o.Output.(linearReply)
	switch {
	case !call.commit:
		return reply.seen[key]
	case reply.version != 0:
		return call.If[key]
	}
	return 0
}

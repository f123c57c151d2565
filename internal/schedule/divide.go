package schedule

import (
	"slices"

	"github.com/slotfarm/slotfarm/internal/account"
)

// Rival is an account that waits for a unit, and its claim on it.
type Rival struct {
	Claim Claim
	Queue Queue
}

// Divide returns which of a unit's free instances each account gets: the one whose
// claim comes first, of those that could begin a session on it now. Who got one
// comes last after that.
func Divide(rivals []Rival, free []Free) map[account.ID][]Match {
	order := slices.Clone(rivals)
	slices.SortFunc(order, func(a, b Rival) int {
		if a.Claim.Before(b.Claim) {
			return -1
		}
		return 1
	})
	shares := map[account.ID][]Match{}
	for _, f := range free {
		for i, rival := range order {
			w, ok := rival.Queue.First(f)
			if !ok {
				continue
			}
			rival.Queue = rival.Queue.without(w)
			order = append(slices.Delete(order, i, i+1), rival)
			shares[rival.Claim.Account] = append(shares[rival.Claim.Account], Match{w, f})
			break
		}
	}
	return shares
}

// without returns the queue after one of its sessions has begun.
func (q Queue) without(w Wait) Queue {
	q.Usage = q.Usage.Leave().Begin(w.Class)
	q.Waits = slices.DeleteFunc(slices.Clone(q.Waits), func(other Wait) bool { return other.Session == w.Session })
	return q
}

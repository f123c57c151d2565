package fleet

import (
	"fmt"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/schedule"
)

// The documents that fleet keeps, by their prefixes. A document in a queue or a
// list is named so that the order of the keys is the order of the list.
const (
	usages    = "usage/"    // <account>: lease.Usage
	sessions  = "session/"  // <id>: lease.Session
	lists     = "sessions/" // <account>/<kind>/<project>/<created>-<id>: nothing
	queues    = "queue/"    // <account>/<place>: schedule.Wait
	wants     = "want/"     // <unit>/<account>/<place>: since when
	holders   = "live/"     // <account>/<session>: nothing
	unbooked  = "unbooked/" // <session>: nothing
	instances = "instance/" // <id>: lease.Instance
	readies   = "ready/"    // <unit>/<instance>: schedule.Free
	turns     = "turn/"     // <unit>/<account>: when the account got the unit
	occupants = "occupant/" // <unit>: occupant
	nodes     = "node/"     // <node>: heartbeat
)

// nothing is the body of a document whose key says it all.
type nothing struct{}

// moment is the body of a document that says when.
type moment struct {
	At time.Time `json:"at"`
}

func usageKey(id account.ID) string { return usages + string(id) }

func sessionKey(id string) string { return sessions + id }

func instanceKey(id string) string { return instances + id }

func holderKey(s lease.Session) string { return holders + string(s.Account) + "/" + s.ID }

func unbookedKey(id string) string { return unbooked + id }

func readyKey(i lease.Instance) string { return readies + i.Unit + "/" + i.ID }

func turnKey(unit string, id account.ID) string { return turns + unit + "/" + string(id) }

func occupantKey(unit string) string { return occupants + unit }

func queuePrefix(id account.ID) string { return queues + string(id) + "/" }

func placed(place int64) string { return fmt.Sprintf("%012d", place) }

func queueKey(id account.ID, place int64) string { return queuePrefix(id) + placed(place) }

func wantKey(unit string, id account.ID, place int64) string {
	return wants + unit + "/" + string(id) + "/" + placed(place)
}

// listKey returns where a session stands in the list of its project.
func listKey(s lease.Session) string {
	return listPrefix(s.Account, s.Kind, s.Project) + fmt.Sprintf("%013d-%s", s.Created.UnixMilli(), s.ID)
}

// listPrefix returns how the keys of a project's sessions begin.
func listPrefix(id account.ID, kind account.SessionKind, project string) string {
	return lists + string(id) + "/" + string(kind) + "/" + project + "/"
}

// listed returns the id of the session that stands at a key of a list.
func listed(key string) string {
	_, id, _ := strings.Cut(key[strings.LastIndexByte(key, '/')+1:], "-")
	return id
}

// wait returns what stands in the queue for a session.
func wait(s lease.Session) schedule.Wait {
	return schedule.Wait{Session: s.ID, Class: s.Class(), Units: s.Units, Only: s.Only, Place: s.Place, Since: s.Created}
}

// Package store is the storage contract: the journals of package journal, and
// documents beside them.
//
// A journal records the history of an account, and only grows. A document holds
// current data: a key, a version and a JSON body, which change by
// compare-and-swap. Neither needs the other's lock, and no commit covers both.
// An engine (sqlite, postgres) decides where they are kept; storetest.Run
// defines what makes a valid engine. The package decides which keys and bodies
// are valid and how a change is tried again after a conflict. It does not know
// what documents hold.
package store

import "github.com/slotfarm/slotfarm/internal/journal"

// Store is what an engine keeps.
type Store interface {
	journal.Journal
	Documents
}

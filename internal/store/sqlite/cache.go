package sqlite

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Bounds of the documents kept in memory.
const (
	cachedDocuments = 1 << 14
	cachedBytes     = 64 << 20 // of their bodies
	cachedAbsent    = 1 << 12  // keys known not to exist
)

// cache keeps documents that were read or written lately. It never shows what the
// database does not: while a transaction commits, what it changes is not in the
// cache, and what was read before it changed does not get in.
type cache struct {
	mu      sync.Mutex
	present *simplelru.LRU[string, store.Document]
	absent  *simplelru.LRU[string, bool]
	bytes   int             // of the bodies of present
	moment  int             // counts the beginnings and ends of commits that change documents
	hidden  map[string]bool // what the one that commits now changes; nil where none does
	emptied bool            // it changes everything
}

func newCache() (*cache, error) {
	c := &cache{}
	present, err := simplelru.NewLRU(cachedDocuments, func(_ string, d store.Document) { c.bytes -= len(d.Body) })
	if err != nil {
		return nil, err
	}
	absent, err := simplelru.NewLRU[string, bool](cachedAbsent, nil)
	c.present, c.absent = present, absent
	return c, err
}

// lookup returns the documents with the keys if all is known of them, and the
// moment for fill.
func (c *cache) lookup(keys []string) (found []store.Document, known bool, moment int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if d, ok := c.present.Get(key); ok {
			found = append(found, d)
		} else if _, ok := c.absent.Get(key); !ok {
			return nil, false, c.moment
		}
	}
	return found, true, c.moment
}

// fill keeps what was read of some keys, of which lookup did not know all at a
// moment: not if a transaction began to commit since then, and nothing that it
// changes.
func (c *cache) fill(keys []string, found []store.Document, moment int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if moment != c.moment || c.emptied {
		return
	}
	for _, key := range keys {
		if !c.hidden[key] {
			c.keep(key, store.Find(found, key))
		}
	}
}

// keep has the cache know a document, or that it does not exist.
func (c *cache) keep(key string, d store.Document) {
	c.drop(key)
	if d.Version == 0 {
		c.absent.Add(key, true)
		return
	}
	c.present.Add(key, d)
	c.bytes += len(d.Body)
	for c.bytes > cachedBytes {
		c.present.RemoveOldest()
	}
}

func (c *cache) drop(key string) {
	c.present.Remove(key)
	c.absent.Remove(key)
}

// hide drops what a transaction changes that is about to commit: some documents,
// or all there are.
func (c *cache) hide(changed map[string]bool, all bool) {
	if len(changed) == 0 && !all {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moment++
	c.hidden, c.emptied = changed, all
	if all {
		c.present.Purge()
		c.absent.Purge()
	}
	for key := range changed {
		c.drop(key)
	}
}

// show ends what hide began, if it did. It keeps the documents as the transaction left them;
// nil if it failed.
func (c *cache) show(now map[string]store.Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hidden == nil {
		return
	}
	if now != nil {
		for key := range c.hidden {
			c.keep(key, now[key])
		}
	}
	c.moment++ // who read before may have read what was there before
	c.hidden, c.emptied = nil, false
}

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

// cache keeps documents that were read or written recently. It never shows what
// the database does not hold: while a transaction commits, the documents that
// it changes are not in the cache, and documents read before the change are not
// added.
type cache struct {
	mu      sync.Mutex
	present *simplelru.LRU[string, store.Document]
	absent  *simplelru.LRU[string, bool]
	bytes   int             // of the bodies of present
	moment  int             // number of commits that change documents that began, plus those that ended
	hidden  map[string]bool // what the current commit changes; nil if there is none
	emptied bool            // the current commit changes everything
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

// lookup returns the documents with the keys if the cache knows all of them,
// and the moment for fill.
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

// fill keeps documents that were read after lookup, which gave the moment, did
// not know all of them. It keeps nothing if a commit began or ended since that
// moment, and nothing that the current commit changes.
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

// keep records a document, or that it does not exist.
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

// hide drops what a transaction that is about to commit changes: some
// documents, or all.
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

// show ends what hide began, if it did. It keeps the documents as the
// transaction left them, or nothing if now is nil because it failed.
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
	c.moment++ // an earlier read may have seen the old documents
	c.hidden, c.emptied = nil, false
}

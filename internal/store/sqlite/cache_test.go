package sqlite

import (
	"fmt"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store"
)

// fillCache has a cache learn a document, or that there is none.
func fillCache(c *cache, key string, found ...store.Document) {
	_, _, moment := c.lookup([]string{key})
	c.fill([]string{key}, found, moment)
}

func TestCacheIsBounded(t *testing.T) {
	c, err := newCache()
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, store.MaxBody)
	for i := range 2 * cachedBytes / len(body) {
		key := fmt.Sprint("large ", i)
		fillCache(c, key, store.Document{Key: key, Version: 1, Body: body})
	}
	if c.bytes > cachedBytes || c.bytes < cachedBytes-2*len(body) {
		t.Errorf("the cache holds %d bytes of large documents, want about %d", c.bytes, cachedBytes)
	}
	for i := range 2 * cachedDocuments {
		fillCache(c, fmt.Sprint("absent ", i))
		key := fmt.Sprint("small ", i)
		fillCache(c, key, store.Document{Key: key, Version: 1, Body: body[:1]})
		fillCache(c, key, store.Document{Key: key, Version: 2, Body: body[:1]})
	}
	if c.present.Len() != cachedDocuments || c.bytes != cachedDocuments || c.absent.Len() != cachedAbsent {
		t.Errorf("the cache holds %d documents of %d bytes and %d absent keys", c.present.Len(), c.bytes, c.absent.Len())
	}
}

// TestCacheHides fills the cache before, while and after a transaction changes
// one of two documents: only documents that cannot be outdated may get in.
func TestCacheHides(t *testing.T) {
	old := []store.Document{{Key: "a", Version: 1}, {Key: "b", Version: 1}}
	keys := []string{"a", "b"}
	for name, now := range map[string]map[string]store.Document{"committed": {"a": {Key: "a", Version: 2}}, "failed": nil} {
		c, err := newCache()
		if err != nil {
			t.Fatal(err)
		}
		want := func(when, key string, version int64) {
			t.Helper()
			found, known, _ := c.lookup([]string{key})
			if got := store.Find(found, key).Version; got != version || known != (version > 0) {
				t.Errorf("%s, %s: %s has version %d, known: %t; want %d", name, when, key, got, known, version)
			}
		}
		_, _, before := c.lookup(keys)
		c.hide(map[string]bool{"a": true}, false)
		c.fill(keys, old, before)
		want("read before", "b", 0)
		_, _, during := c.lookup(keys)
		c.fill(keys, old, during)
		want("meanwhile", "a", 0)
		want("meanwhile", "b", 1)
		c.show(now)
		c.fill([]string{"a"}, old, during)
		want("afterwards", "a", now["a"].Version)
		want("afterwards", "b", 1)
	}
}

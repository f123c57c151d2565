package fleet

import (
	"errors"

	"github.com/slotfarm/slotfarm/internal/store"
)

// change is a commit that is being put together. What is put or deleted twice is
// what was said last.
type change struct {
	conditions map[string]int64
	puts       map[string]any // nil deletes
	order      []string       // of puts
}

func newChange() *change { return &change{conditions: map[string]int64{}, puts: map[string]any{}} }

// when makes the change depend on a document being as it was read.
func (c *change) when(d store.Document) { c.conditions[d.Key] = d.Version }

func (c *change) put(key string, value any) {
	if _, ok := c.puts[key]; !ok {
		c.order = append(c.order, key)
	}
	c.puts[key] = value
}

func (c *change) remove(key string) { c.put(key, nil) }

// empty reports whether nothing changes.
func (c *change) empty() bool { return len(c.puts) == 0 }

// commit returns the change for the store.
func (c *change) commit() (store.Commit, error) {
	commit := store.Commit{If: c.conditions}
	var errs []error
	for _, key := range c.order {
		value := c.puts[key]
		if value == nil {
			commit.Delete = append(commit.Delete, key)
			continue
		}
		d, err := store.Encode(key, value)
		errs = append(errs, err)
		commit.Put = append(commit.Put, d)
	}
	return commit, errors.Join(errs...)
}

package journal

import "context"

// Records keeps small named values beside the journals, such as snapshots and
// versions of the catalogue. It knows nothing of what they hold.
type Records interface {
	// PutRecord keeps a value under a kind and a name, in place of one that is
	// there, and is durable when it returns.
	PutRecord(ctx context.Context, kind string, value Named) error

	// ListRecords returns the values of a kind whose names start with prefix, in
	// the order of their names.
	ListRecords(ctx context.Context, kind, prefix string) ([]Named, error)

	// DeleteRecord removes a value and reports whether there was one.
	DeleteRecord(ctx context.Context, kind, name string) (bool, error)
}

// Named is a value with its name.
type Named struct {
	Name string
	Body []byte
}

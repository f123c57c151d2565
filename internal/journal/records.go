package journal

import "context"

// Records keeps small named values beside the journals, such as snapshots and
// versions of the catalogue. It knows nothing of what they hold.
type Records interface {
	// PutRecords keeps values under a kind and their names, in place of those that
	// are there: all of them, durable when it returns, or none.
	PutRecords(ctx context.Context, kind string, values ...Named) error

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

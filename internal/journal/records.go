package journal

import "context"

// Records keeps small named values beside the journals, such as snapshots and
// versions of the catalogue. It knows nothing of what they hold.
type Records interface {
	// PutRecords keeps values under a kind and their names, in place of those that
	// are there: all of them, durable when it returns, or none.
	PutRecords(ctx context.Context, kind string, values ...Named) error

	// AddRecords is PutRecords where none of the names is taken. Else it reports
	// false and keeps none of the values, whoever else adds at the same time.
	AddRecords(ctx context.Context, kind string, values ...Named) (bool, error)

	// ReplaceRecord keeps a value in place of the one that its name has, and reports
	// whether there was one; where there is none, it keeps nothing.
	ReplaceRecord(ctx context.Context, kind string, value Named) (bool, error)

	// ListRecords returns the values of a kind whose names start with prefix, in
	// the order of their names.
	ListRecords(ctx context.Context, kind, prefix string) ([]Named, error)

	// DeleteRecord removes a value and reports whether there was one.
	DeleteRecord(ctx context.Context, kind, name string) (bool, error)

	// Revision returns a text that is another one after every change of records of
	// the kinds, whoever made it: what was read of them before is still so as long
	// as the text is the same. It may be asked for every request.
	Revision(ctx context.Context, kinds ...string) (string, error)
}

// LastRune is in no name, so that a prefix and it come after all names with the
// prefix.
const LastRune = "\U0010FFFF"

// Named is a value with its name.
type Named struct {
	Name string
	Body []byte
}

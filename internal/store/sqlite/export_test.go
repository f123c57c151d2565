package sqlite

import "github.com/slotfarm/slotfarm/internal/store"

// PageStatement returns the statement that Range sends for a query, and its
// arguments.
func PageStatement(q store.Query) (statement string, args []any) {
	low, high, after := q.Bounds()
	switch args = []any{low, high, q.Limit}; {
	case q.Back:
		return beforeQuery, args
	case after:
		return afterQuery, args
	}
	return fromQuery, args
}

// JournalStatements returns the statements that read pages of an account's entries.
func JournalStatements() map[string]string {
	return map[string]string{"forward": forwardQuery, "back": backQuery, "unbooked": unbookedQuery}
}

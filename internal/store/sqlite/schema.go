package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// schema is what a database is made of: the text of every table, index, trigger
// and view, by its kind and name.
type schema map[string]string

// checkSchema refuses a database that is made of anything else than the migrations
// up to a format make. A trigger could delete what was bought, and without its index
// an entry could be there twice, while every hash is right.
func checkSchema(ctx context.Context, db *sql.DB, format int64) error {
	have, err := schemaOf(ctx, db)
	if err != nil {
		return err
	}
	want, err := knownSchema(ctx, format)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, known := want[name]; !known {
			return fault.New(fault.Conflict, "the database has the %s, which slotfarm does not make: somebody has changed the file", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text, there := have[name]
		if !there {
			return fault.New(fault.Conflict, "the database lacks the %s: somebody has changed the file", name)
		}
		if text != want[name] {
			return fault.New(fault.Conflict, "the database has another %s than slotfarm makes: somebody has changed the file", name)
		}
	}
	return nil
}

// knownSchema returns what the migrations up to a format make.
func knownSchema(ctx context.Context, format int64) (known schema, err error) {
	db, err := open(":memory:", 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := provider(db)
	if err != nil {
		return nil, err
	}
	if format == 0 { // then there is only what counts the migrations
		_, err = p.GetDBVersion(ctx)
	} else {
		_, err = p.UpTo(ctx, format)
	}
	if err != nil {
		return nil, err
	}
	return schemaOf(ctx, db)
}

// schemaOf reads what a database is made of, but for the statistics that SQLite
// keeps for itself.
func schemaOf(ctx context.Context, db *sql.DB) (found schema, err error) {
	rows, err := db.QueryContext(ctx, `SELECT type, name, COALESCE(sql, '') FROM sqlite_schema`)
	if err != nil {
		return nil, err
	}
	defer func() { err = closeRows(rows, err) }()
	found = schema{}
	for rows.Next() {
		var kind, name, text string
		if err := rows.Scan(&kind, &name, &text); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, "sqlite_stat") {
			found[kind+" "+name] = text
		}
	}
	return found, nil
}

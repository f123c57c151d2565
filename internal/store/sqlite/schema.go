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

// schema holds the text of every table, index, trigger and view of a database,
// by kind and name.
type schema map[string]string

// checkSchema refuses a database whose schema is not the one that the
// migrations up to a format make. An added trigger could delete what was
// bought, and without its index an entry could exist twice, while every hash is
// right.
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
			return fault.New(fault.Conflict, "the %s of the database differs from the one that slotfarm makes: somebody has changed the file", name)
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
	if format == 0 { // only the table that counts migrations exists
		_, err = p.GetDBVersion(ctx)
	} else {
		_, err = p.UpTo(ctx, format)
	}
	if err != nil {
		return nil, err
	}
	return schemaOf(ctx, db)
}

// schemaOf reads the schema of a database, without the statistics that SQLite
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

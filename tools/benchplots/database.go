package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// scratch is the database in which measurements are made.
const scratch = "slotfarm_benchplots"

// withDatabase makes an empty database on the server of a URL, calls use with its
// URL, and drops it.
func withDatabase(ctx context.Context, server string, use func(url string) error) (err error) {
	u, err := url.Parse(server)
	if err != nil {
		return errors.New("the URL of the database cannot be read") // it may hold a password
	}
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, connection.Close(context.WithoutCancel(ctx))) }()
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+scratch); err != nil {
		return err
	}
	defer func() {
		_, failed := connection.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+scratch)
		err = errors.Join(err, failed)
	}()
	u.Path = "/" + scratch
	return use(u.String())
}

// Package nodes holds the end-to-end tests of servers that share a PostgreSQL database. They include a check that the
// results of concurrent calls could have come from one call after the other.
package nodes

// Package nodes holds the end-to-end tests of servers that share a PostgreSQL, and whether what clients see could have
// happened one call after the other.
package nodes

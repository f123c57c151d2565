//go:build !linux

package sqlite

// lockable says that SQLite may notice a lock of this process on the database,
// as on systems that keep both kinds of locks in one list.
const lockable = false

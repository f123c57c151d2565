//go:build !linux

package sqlite

// lockable says that a lock of this process on the database may be one to SQLite,
// as on systems that keep both kinds of locks in one list.
const lockable = false

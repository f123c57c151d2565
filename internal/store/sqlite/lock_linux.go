package sqlite

// lockable says that a lock of this process on the database is none to SQLite:
// flock(2) and the record locks of fcntl(2) do not see each other.
const lockable = true

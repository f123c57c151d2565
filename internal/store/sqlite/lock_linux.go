package sqlite

// lockable says that SQLite does not notice a lock of this process on the
// database: flock(2) and the record locks of fcntl(2) do not affect each other.
const lockable = true

package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
)

const (
	// movedEvery is the number of entries after which the write-ahead log is
	// moved into the database. The log has about 150 to 200 MB then; a page
	// that changed often is moved once.
	movedEvery = 16384

	// bytesAnEntry is about how much of the log an entry takes. The bodies of
	// documents are counted in this unit.
	bytesAnEntry = 10 << 10

	// largestLog is how many bytes of the log's file are kept when it starts
	// over. The log grows larger while something reads from one moment for a
	// long time, such as a backup.
	largestLog = 256 << 20

	// readersPatience is how many milliseconds the log waits for readers to
	// leave it, so that it can start over. writerPatience is how many
	// milliseconds a batch waits for another process.
	readersPatience = 50
	writerPatience  = 5000

	// movedAtOnce is how many pages of the log may be moved while the writer
	// waits: a few milliseconds.
	movedAtOnce = 256

	// passes is how many times at most the log is moved while the writer works.
	// Each time it has grown by less meanwhile.
	passes = 4
)

// noteGrowth requests that the log be moved if it has grown enough.
func (j *Journal) noteGrowth() {
	if j.growth < j.movedEvery {
		return
	}
	select {
	case j.grown <- struct{}{}:
		j.growth = 0
	default: // it is being moved
	}
}

// tend moves the log into the database each time it has grown, until Close. It
// moves nearly all of the log while the writer works, and the rest between two
// batches, so that the log can start over.
func (j *Journal) tend() {
	for {
		select {
		case <-j.grown:
		case <-j.stopping:
			return
		}
		for range passes {
			if left, err := checkpoint(j.read, "PASSIVE"); err != nil || left < movedAtOnce {
				break
			}
		}
		select {
		case j.pause <- struct{}{}:
		case <-j.stopping:
			return
		}
	}
}

// startOver moves the rest of the log, so that the next batch writes it from
// the beginning once its readers have left: a reader that begins now reads the
// database alone. If a reader stays for long, the log grows until the next
// time.
func startOver(db *sql.DB) error {
	if err := waitFor(db, readersPatience); err != nil {
		return err
	}
	_, err := checkpoint(db, "RESTART")
	return errors.Join(err, waitFor(db, writerPatience))
}

// waitFor sets how many milliseconds a connection waits for a lock.
func waitFor(db *sql.DB, patience int) error {
	_, err := db.Exec(fmt.Sprintf("PRAGMA busy_timeout = %d", patience))
	return err
}

// checkpoint moves as much of the log as the mode allows, and returns how many
// pages are left. PASSIVE never waits.
func checkpoint(db *sql.DB, mode string) (left int, err error) {
	var busy, pages, moved int
	err = db.QueryRow(`PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &moved)
	return pages - moved, err
}

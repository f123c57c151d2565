package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
)

const (
	// movedEvery is after how many entries the write-ahead log is moved into the
	// database. It has some 150 to 200 MB then; pages that changed often are moved
	// once.
	movedEvery = 16384

	// bytesAnEntry is about how much of the log an entry takes, by which the bodies of
	// documents are counted.
	bytesAnEntry = 10 << 10

	// largestLog is how many bytes of the log's file are kept when it starts over.
	// It outgrows them where something reads from one moment for long, as a backup
	// does.
	largestLog = 256 << 20

	// readersPatience is how many milliseconds the log waits for readers to leave
	// it, so that it can start over, and writerPatience those that a batch waits for
	// another process.
	readersPatience = 50
	writerPatience  = 5000

	// movedAtOnce is how many pages of the log the writer may be held up for: a
	// few milliseconds.
	movedAtOnce = 256

	// passes is how often the log is moved beside the writer at most. Each time it
	// has grown by less meanwhile.
	passes = 4
)

// noteGrowth has the log moved when it has grown enough.
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

// tend moves the log into the database each time that it has grown, until Close.
// Nearly all of it is moved while the writer goes on; the rest between two of its
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

// startOver moves the rest of the log and has the next batch write it from its
// beginning, once the readers that are in it have left: one that begins now reads
// the database alone. Where one stays for long, the log grows until the next time.
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

// checkpoint moves as much of the log as the mode has it, and returns how many
// pages are left. PASSIVE waits for nobody.
func checkpoint(db *sql.DB, mode string) (left int, err error) {
	var busy, pages, moved int
	err = db.QueryRow(`PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &moved)
	return pages - moved, err
}

package sqlite

import "database/sql"

const (
	// movedEvery is after how many entries the write-ahead log is moved into the
	// database. It has some 150 MB then; pages that changed often are moved once.
	movedEvery = 16384

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
			if left, err := checkpoint(j.read); err != nil || left < movedAtOnce {
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

// checkpoint moves as much of the log as nobody reads any more, and returns how
// many pages are left. It waits for nobody.
func checkpoint(db *sql.DB) (left int, err error) {
	var busy, pages, moved int
	err = db.QueryRow(`PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &moved)
	return pages - moved, err
}

package bench

import (
	"context"
	"errors"
	"os"
	"time"
)

// How long a disk is measured: until this number of writes, or until the time
// is over.
const (
	syncs       = 500
	syncsAtMost = 2 * time.Second
	syncSize    = 4 << 10 // bytes
)

// measureSync appends to a file in a directory, waits until each write is on
// disk and returns how long each took.
func measureSync(ctx context.Context, dir string) (took *histogram, err error) {
	file, err := os.CreateTemp(dir, "slotfarm-bench-sync-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	took = &histogram{}
	block := make([]byte, syncSize)
	for start := time.Now(); took.total < syncs && time.Since(start) < syncsAtMost && ctx.Err() == nil; {
		begin := time.Now()
		if _, err := file.Write(block); err != nil {
			return nil, err
		}
		if err := fdatasync(file); err != nil {
			return nil, err
		}
		took.record(time.Since(begin))
	}
	return took, nil
}

package checkpoint_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// TestKeep writes a checkpoint that reads back as it was, for its owner alone, and
// leaves nothing beside it.
func TestKeep(t *testing.T) {
	t.Parallel()
	sign, dir := signer(t, "a"), t.TempDir()
	want, err := checkpoint.Take(context.Background(), open(t, nil), sign, now.Add(1500*time.Microsecond))
	if err != nil {
		t.Fatal(err)
	}
	file, err := want.Keep(dir)
	if err != nil || filepath.Base(file) != "20261127T120000.001Z.checkpoint" {
		t.Fatalf("kept as %s, %v", file, err)
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := checkpoint.Parse(body, sign)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, checkpoint (-want +got):\n%s", err, diff)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want that of a file for its owner", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("files = %v, %v, want one", left, err)
	}
}

// TestOldestLeave keeps a bounded number of checkpoints, the newest, and nothing but
// checkpoints leaves.
func TestOldestLeave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"00000000T000000.000Z.checkpoint", "notes.txt", "20200101T000000.000Z.checkpoint.old"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const extra = 3
	for day := range checkpoint.Most + extra {
		c := checkpoint.Checkpoint{Taken: now.AddDate(0, 0, day)}
		if _, err := c.Keep(dir); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != checkpoint.Most+3 {
		t.Errorf("%d files are left, %v, want %d checkpoints and three others", len(left), err, checkpoint.Most)
	}
	if _, err := os.Stat(filepath.Join(dir, "20261129T120000.000Z.checkpoint")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the third checkpoint: %v, want that it is gone", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "20261130T120000.000Z.checkpoint")); err != nil {
		t.Errorf("the fourth checkpoint: %v", err)
	}
	wantNewest, last := filepath.Join(dir, "20280103T120000.000Z.checkpoint"), now.AddDate(0, 0, checkpoint.Most+extra-1)
	if file, taken, err := checkpoint.Newest(dir); file != wantNewest || !taken.Equal(last) || err != nil {
		t.Errorf("newest = %s, %s, %v, want %s", file, taken, err, wantNewest)
	}
}

// TestKeepNowhere makes no directory: it may be where a disk is to be mounted.
func TestKeepNowhere(t *testing.T) {
	t.Parallel()
	away := filepath.Join(t.TempDir(), "away")
	if _, err := (checkpoint.Checkpoint{Taken: now}).Keep(away); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("keep in a directory that is away: %v", err)
	}
	if _, _, err := checkpoint.Newest(away); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the newest of a directory that is away: %v", err)
	}
	if _, _, err := checkpoint.Newest(t.TempDir()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the newest of an empty directory: %v, want none found", err)
	}
}

package server_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/offline"
	"github.com/slotfarm/slotfarm/internal/server"
)

// keeping serves with a second place for checkpoints.
func (s *served) keeping(second string) {
	s.t.Helper()
	running, err := server.Start(context.Background(), server.Config{
		Data: s.dir, Master: &s.master, MaxSlots: 10, Now: func() time.Time { return *s.wall.Load() }, CheckpointDir: second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.running = running
	s.t.Cleanup(s.stop)
	s.running.Notarise()
}

// wantKept counts the checkpoints in a directory, of which the newest has to be one
// of the storage, and so new.
func (s *served) wantKept(what, dir string, count int) {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(found) != count {
		s.t.Errorf("%s: %d files in %s, %v, want %d", what, len(found), dir, err, count)
	}
	if count == 0 {
		return
	}
	newest, taken, err := checkpoint.Newest(dir)
	if err != nil || !taken.Equal(s.wall.Load().UTC().Truncate(time.Millisecond)) {
		s.t.Errorf("%s: the newest is %s, %v, want one of %s", what, newest, err, s.wall.Load())
		return
	}
	body, err := os.ReadFile(newest)
	if err != nil {
		s.t.Fatal(err)
	}
	if c, err := checkpoint.Parse(body, server.Signer(&s.master)); err != nil || c.Accounts == 0 {
		s.t.Errorf("%s: %s holds %d accounts, %v", what, newest, c.Accounts, err)
	}
}

// TestCheckpointsOfADay keeps a checkpoint a day beside the data and in a second
// place, and one at the end.
func TestCheckpointsOfADay(t *testing.T) {
	t.Parallel()
	s := install(t)
	day := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	beside, second := filepath.Join(s.dir, "checkpoints"), t.TempDir()
	s.at(day)
	s.keeping(second)
	for _, dir := range []string{beside, second} {
		s.wantKept("at the start", dir, 1)
	}
	s.at(day.Add(24*time.Hour - time.Second))
	s.running.Notarise()
	if left, err := os.ReadDir(second); err != nil || len(left) != 1 {
		t.Errorf("%d checkpoints before a day is over, %v, want one", len(left), err)
	}
	s.at(day.Add(24 * time.Hour))
	s.running.Notarise()
	for _, dir := range []string{beside, second} {
		s.wantKept("a day later", dir, 2)
	}
	s.at(day.Add(30 * time.Hour))
	s.stop()
	for _, dir := range []string{beside, second} {
		s.wantKept("at the end", dir, 3)
	}
	s.keeping(second)
	s.wantKept("started again", beside, 3)
	s.stop()
	kept, err := offline.Storage{MasterKeyFile: s.masterFile()}.Checkpoint(second)
	if err != nil {
		t.Fatal(err)
	}
	if wrong, err := offline.Lacks(context.Background(), s.dir, kept); err != nil || wrong != nil {
		t.Errorf("the storage lacks %+v, %v", wrong, err)
	}
}

// masterFile returns a file with the master key.
func (s *served) masterFile() string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "master.key")
	if err := os.WriteFile(file, []byte(s.master.Text()), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// TestSecondPlaceIsAway serves without the second place, says so in the metrics, and
// writes there when it is back.
func TestSecondPlaceIsAway(t *testing.T) {
	t.Parallel()
	s := install(t)
	start := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	s.at(start)
	second := filepath.Join(t.TempDir(), "mounted")
	s.keeping(second)
	for _, want := range []string{`slotfarm_checkpoints_total{place="data",result="ok"} 1`, `slotfarm_checkpoints_total{place="dir",result="failed"} 1`} {
		if got := s.running.Metrics(); !strings.Contains(got, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	s.operate(s.operator, "GET", "/verify", "").want(t, "a call meanwhile", 200, `"ok":true`)
	if err := os.Mkdir(second, 0o700); err != nil {
		t.Fatal(err)
	}
	s.running.Notarise()
	s.wantKept("just after", second, 0)
	s.at(start.Add(time.Hour))
	s.running.Notarise()
	s.wantKept("an hour later", second, 1)
}

// TestSandboxKeepsNoCheckpoints leaves a data directory of a sandbox as it is.
func TestSandboxKeepsNoCheckpoints(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	running, err := server.Start(context.Background(), server.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	running.Notarise()
	if err := running.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "checkpoints")); err != nil || len(left) > 0 {
		t.Errorf("%v is there, %v", left, err)
	}
}

package checkpoint

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/durable"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// The name of a checkpoint's file is the time at which it was taken, so that names
// are in the order of time.
const (
	nameLayout = "20060102T150405.000Z"
	extension  = ".checkpoint"
)

// Most is how many checkpoints a directory keeps: those of more than a year.
const Most = 400

// Keep writes the checkpoint into an existing directory, and then removes the oldest
// ones beyond Most. When it returns the name of the file, both are on disk.
func (c Checkpoint) Keep(dir string) (file string, err error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, c.Taken.UTC().Format(nameLayout)+extension)
	if err := write(file, append(body, '\n')); err != nil {
		return "", err
	}
	return file, prune(dir)
}

// write puts a file beside its name first, so that there is never half of one. Its
// owner alone may read it.
func write(file string, body []byte) error {
	beside, err := os.CreateTemp(filepath.Dir(file), "checkpoint-*.tmp")
	if err != nil {
		return err
	}
	_, err = beside.Write(body)
	if err == nil {
		err = beside.Sync()
	}
	if err = errors.Join(err, beside.Close()); err == nil {
		err = durable.Rename(beside.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside.Name()))
	}
	return nil
}

// prune removes the oldest checkpoints of a directory beyond Most. Another process may
// do so at the same time.
func prune(dir string) error {
	names, err := list(dir)
	for len(names) > Most && err == nil {
		if err = os.Remove(filepath.Join(dir, names[0])); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		names = names[1:]
	}
	return err
}

// list returns the names of the checkpoints in a directory, oldest first.
func list(dir string) ([]string, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range found {
		if _, err := time.Parse(nameLayout+extension, f.Name()); err == nil {
			names = append(names, f.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Newest returns the newest checkpoint in a directory, by its name, and when it was
// taken. NotFound if there is none.
func Newest(dir string) (file string, taken time.Time, err error) {
	names, err := list(dir)
	if err != nil {
		return "", taken, err
	}
	if len(names) == 0 {
		return "", taken, fault.New(fault.NotFound, "directory %q has no checkpoint", dir)
	}
	newest := names[len(names)-1]
	taken, err = time.Parse(nameLayout+extension, newest)
	return filepath.Join(dir, newest), taken, err
}

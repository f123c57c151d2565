package offline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/slotfarm/slotfarm/internal/durable"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/server"
)

// rekey seals the secrets of storage under another master key.
type rekey struct {
	Storage
	other string // the file of that key; "" generates one
}

// Rekey seals every secret under the master key in a file or, without a file,
// under a generated key that replaces the old one. It returns the fingerprint
// of the new master key. After an interruption it continues where it stopped.
// Errors: Argument for the file in which a generated key waits.
func Rekey(ctx context.Context, s Storage, other string) (sealedUnder string, err error) {
	if err := s.Check(); err != nil {
		return "", err
	}
	r := rekey{s, other}
	if sameFile(other, r.waiting()) {
		return "", fault.New(fault.Argument, "--new-master-key-file %s is where a generated key is kept; give the new key another name", other)
	}
	err = server.Offline(ctx, s.Config(), func(p *server.Parts) error {
		done, err := r.finish(ctx, p)
		if err == nil && (!done || other != "") {
			err = r.seal(ctx, p)
		}
		sealedUnder = fmt.Sprint(p.Installation.Master())
		return err
	})
	return sealedUnder, err
}

// waiting is the file of a generated key that is not the master key yet.
func (r rekey) waiting() string { return r.masterKeyFile() + ".new" }

// finish completes an earlier run that was interrupted after it had sealed
// everything under the waiting key, and reports whether there was one.
func (r rekey) finish(ctx context.Context, p *server.Parts) (bool, error) {
	sealed, err := p.Installation.Sealed(ctx)
	if err != nil {
		return false, err
	}
	waiting, err := readKey(r.waiting())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil || waiting.Fingerprint() != sealed:
		return false, err
	}
	p.Installation.Use(waiting)
	return true, durable.Rename(r.waiting(), r.masterKeyFile())
}

// seal seals everything under the other key.
func (r rekey) seal(ctx context.Context, p *server.Parts) error {
	if err := r.unlock(ctx, p); err != nil {
		return err
	}
	if r.other != "" {
		other, err := readKey(r.other)
		if err != nil {
			return err
		}
		return p.Installation.Rekey(ctx, other)
	}
	drawn, err := r.draw()
	if err == nil {
		err = p.Installation.Rekey(ctx, drawn)
	}
	if err != nil {
		return err
	}
	return durable.Rename(r.waiting(), r.masterKeyFile())
}

// draw returns the waiting key: that of an interrupted earlier run, or a new
// one.
func (r rekey) draw() (iam.MasterKey, error) {
	drawn, err := readKey(r.waiting())
	if !errors.Is(err, fs.ErrNotExist) {
		return drawn, err
	}
	if drawn, err = iam.NewMasterKey(rand.Reader); err != nil {
		return drawn, err
	}
	return drawn, writeKey(r.waiting(), drawn)
}

// sameFile reports whether two names are those of the same existing file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

package operator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// A backup is sent in pieces. These are their size in bytes, and how long the
// caller may take to receive one.
const (
	pieceSize = 1 << 20
	pieceTime = time.Minute
)

func (a api) backupRows() []row { return []row{streaming(operatorapi.Backup, a.makeBackup)} }

// makeBackup returns a copy of everything that is stored.
func (a api) makeBackup(ctx context.Context, in input[none, none]) (*download, error) {
	if a.Backup == nil {
		return nil, fault.New(fault.NotFound, "this storage is backed up with the tools of its database")
	}
	in.request.Unhurried()
	file, err := a.Backup(ctx)
	if err != nil {
		return nil, err
	}
	d := &download{file: file}
	if err := d.measure(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return d, nil
}

// download is a backup that is being sent.
type download struct {
	file io.ReadSeekCloser
	size int64 // bytes
	sum  string
}

func (d *download) measure() error {
	digest := sha256.New()
	var err error
	if d.size, err = io.Copy(digest, d.file); err != nil {
		return err
	}
	d.sum = hex.EncodeToString(digest.Sum(nil))
	_, err = d.file.Seek(0, io.SeekStart)
	return err
}

// write sends the backup and removes it.
func (d *download) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/vnd.sqlite3")
	w.Header().Set("Content-Length", strconv.FormatInt(d.size, 10))
	w.Header().Set(operatorapi.SumHeader, d.sum)
	control := http.NewResponseController(w)
	for sent := int64(0); sent < d.size; sent += pieceSize {
		_ = control.SetWriteDeadline(time.Now().Add(pieceTime)) // without a limit, nothing has to move
		if _, err := io.CopyN(w, d.file, min(pieceSize, d.size-sent)); err != nil {
			return errors.Join(err, d.file.Close())
		}
	}
	return d.file.Close()
}

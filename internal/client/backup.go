package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Backup describes a copy of everything that a server stores.
type Backup struct {
	Bytes  int64
	SHA256 string // in hexadecimal
}

// Backup writes a copy of everything that the server stores to w. It returns an
// error if the copy does not have the SHA-256 that the server sent.
func (c *Client) Backup(ctx context.Context, w io.Writer) (Backup, error) {
	call := operatorapi.Backup.To()
	r := request{method: call.Method, path: call.Target()}
	response, err := c.open(ctx, r)
	if err != nil {
		return Backup{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		if err != nil {
			return Backup{}, c.failure(ctx, err)
		}
		return Backup{}, c.refusal(r, response.StatusCode, body)
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, digest), response.Body)
	if here := (*fs.PathError)(nil); errors.As(err, &here) {
		return Backup{}, err // w could not be written
	}
	if err != nil {
		return Backup{}, c.failure(ctx, err)
	}
	b := Backup{Bytes: n, SHA256: hex.EncodeToString(digest.Sum(nil))}
	if want := response.Header.Get(operatorapi.SumHeader); b.SHA256 != want {
		return Backup{}, fmt.Errorf("%s did not arrive completely: its SHA-256 is %s; the server says %s", c.what(r), b.SHA256, want)
	}
	return b, nil
}

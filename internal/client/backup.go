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

// Backup is what a server has handed over of everything it stores.
type Backup struct {
	Bytes  int64
	SHA256 string // in hexadecimal
}

// Backup writes a copy of everything that the server stores into w. One that did
// not arrive whole, as the server's SHA-256 says, is an error.
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
		return Backup{}, err // w is a file that takes no more
	}
	if err != nil {
		return Backup{}, c.failure(ctx, err)
	}
	b := Backup{Bytes: n, SHA256: hex.EncodeToString(digest.Sum(nil))}
	if want := response.Header.Get(operatorapi.SumHeader); b.SHA256 != want {
		return Backup{}, fmt.Errorf("%s did not arrive whole: its SHA-256 is %s, and not %s as the server says", c.what(r), b.SHA256, want)
	}
	return b, nil
}

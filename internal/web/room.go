package web

import (
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
)

// ErrFull is the reason why a body cannot be read if there is no room for it.
// The caller should try again.
var ErrFull = errors.New("there is no room for more request bodies")

// Room bounds how many bytes of request bodies are held at once, from their
// arrival until their request is answered. The APIs of a server share one Room.
type Room struct{ bytes *semaphore.Weighted }

// NewRoom returns room for a number of bytes.
func NewRoom(bytes int64) *Room { return &Room{semaphore.NewWeighted(bytes)} }

// take makes a request hold n more bytes, or returns ErrFull.
func (room *Room) take(r *Request, n int64) error {
	if room == nil {
		return nil
	}
	if !room.bytes.TryAcquire(n) {
		return ErrFull
	}
	r.held += n
	return nil
}

// release returns what a request holds.
func (room *Room) release(r *Request) {
	if room != nil && r.held > 0 {
		room.bytes.Release(r.held)
	}
}

// held reads a body while there is room for it.
type held struct {
	io.Reader
	request *Request
}

// Read implements io.Reader.
func (h *held) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if full := h.request.api.Room.take(h.request, int64(n)); full != nil {
		return 0, full
	}
	return n, err
}

// Package files serves what sessions leave behind, at GET /files/: to whoever has a
// URL that was signed here, for as long as it says.
//
// It decides who may read a file, and that a browser takes it for nothing but a
// file. What is in it is told by whoever keeps it.
package files

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Prefix begins the paths of files.
const Prefix = "/files/"

// Lasts is how long the URL of a file is good.
const Lasts = time.Hour

// Source is a kind of files.
type Source struct {
	Type string // the media type

	// Write writes the file with an id. An error before the first byte is answered
	// with its status: NotFound if there is none.
	Write func(ctx context.Context, id string, w io.Writer) error
}

// Config is what files work with. All fields but Log are required.
type Config struct {
	Sources map[string]Source           // by the name of the kind
	Sign    func(message []byte) []byte // a code of at least 24 bytes
	Now     func() time.Time            // the wall clock
	Log     *slog.Logger
}

// Files serves files. New makes it.
type Files struct{ config Config }

// New returns what serves the files of sources.
func New(c Config) *Files {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Files{c}
}

// Ref names a file.
type Ref struct {
	Kind string // of a source
	ID   string
	As   string // the name under which it is saved
}

// Path returns the path of a file, which is good for as long as Lasts says.
func (f *Files) Path(r Ref) string {
	expires := strconv.FormatInt(f.config.Now().Add(Lasts).Unix(), 10)
	return Prefix + strings.Join([]string{url.PathEscape(r.Kind), url.PathEscape(r.ID), expires, f.code(r, expires), url.PathEscape(r.As)}, "/")
}

// codeLength is how many bytes of the signature a path has.
const codeLength = 24

// code returns the signature of a file's path.
func (f *Files) code(r Ref, expires string) string {
	message := strings.Join([]string{"file", r.Kind, r.ID, expires, r.As}, "\x00")
	return base64.RawURLEncoding.EncodeToString(f.config.Sign([]byte(message))[:codeLength])
}

// ServeHTTP answers a request at a path that begins with Prefix.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "A file is read by GET.")
		return
	}
	ref, err := f.open(r)
	if err != nil {
		refuse(w, http.StatusForbidden, fault.MessageOf(err))
		return
	}
	source, ok := f.config.Sources[ref.Kind]
	if !ok {
		refuse(w, http.StatusNotFound, "There is no such file.")
		return
	}
	f.send(w, r, source, ref)
}

// open returns the file that a path names, once the path is known to be signed and
// not to have expired.
func (f *Files) open(r *http.Request) (Ref, error) {
	bad := fault.New(fault.AccessDenied, "The URL of the file is not valid.")
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), Prefix), "/")
	if len(parts) != 5 {
		return Ref{}, bad
	}
	var plain [5]string
	for i, part := range parts {
		var err error
		if plain[i], err = url.PathUnescape(part); err != nil {
			return Ref{}, bad
		}
	}
	ref, expires := Ref{plain[0], plain[1], plain[4]}, plain[2]
	if !hmac.Equal([]byte(plain[3]), []byte(f.code(ref, expires))) {
		return Ref{}, bad
	}
	if at, err := strconv.ParseInt(expires, 10, 64); err != nil || f.config.Now().Unix() >= at {
		return Ref{}, fault.New(fault.Expired, "The URL of the file has expired; list the files again for another one.")
	}
	return ref, nil
}

// send sends a file.
func (f *Files) send(w http.ResponseWriter, r *http.Request, s Source, ref Ref) {
	w.Header().Set("Content-Type", s.Type)
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(ref.As))
	out := &counted{w: w}
	if r.Method == http.MethodHead {
		out.w = io.Discard
	}
	err := s.Write(r.Context(), ref.ID, out)
	switch {
	case err == nil:
		return
	case out.n == 0:
		w.Header().Del("Content-Disposition")
		refuse(w, statusOf(err), fault.MessageOf(err))
	default: // the client must not take the half for the whole
		_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) // without a connection nobody reads
	}
	f.config.Log.WarnContext(r.Context(), "file not sent", "kind", ref.Kind, "id", ref.ID, "bytes", out.n, "error", err)
}

// counted counts the bytes that are written.
type counted struct {
	w io.Writer
	n int64
}

// Write writes on.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// statusOf returns the status of an answer for an error.
func statusOf(err error) int {
	switch fault.KindOf(err) {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// guard sets what every answer has: a file is a stranger's bytes, and no page.
func guard(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-store")
}

// refuse answers with a sentence.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, message+"\n") // the client has gone
}

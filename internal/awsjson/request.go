package awsjson

import (
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// readBody checks what the request says about its body and reads it whole.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, fault.New(fault.MethodNotAllowed, "Method %s is not allowed here; use POST.", r.Method)
	}
	if err := checkFormat(r.Header); err != nil {
		return nil, err
	}
	if r.ContentLength > MaxBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var overrun *http.MaxBytesError
	switch {
	case errors.As(err, &overrun):
		return nil, tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fault.New(fault.Timeout, "The request body did not arrive in time.")
	case err != nil:
		return nil, &fault.Error{Kind: fault.MalformedHTTP, Message: "The request body could not be read.", Err: err}
	}
	return body, nil
}

// checkFormat holds the headers against the protocol: its media type, and no
// content coding.
func checkFormat(header http.Header) error {
	text := header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(text); err != nil || media != ContentType {
		return fault.New(fault.UnsupportedMediaType, "Content-Type %s is not supported; use %s.", fault.Quote(text), ContentType)
	}
	if coding := header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return fault.New(fault.MalformedHTTP, "Content-Encoding %s is not supported; send the body as it is.", fault.Quote(coding))
	}
	return nil
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "The request body is larger than %d bytes.", MaxBody)
}

// operation finds the operation that X-Amz-Target names.
func (h *handler) operation(header http.Header) (Operation, error) {
	targets := header.Values("X-Amz-Target")
	if len(targets) != 1 {
		return Operation{}, fault.New(fault.UnknownOperation, "The request has %d X-Amz-Target headers; it must have one, such as %s.%s.",
			len(targets), h.Target, h.Operations[0].Name)
	}
	prefix, name, _ := strings.Cut(targets[0], ".")
	if prefix != h.Target {
		return Operation{}, fault.New(fault.UnknownOperation, "X-Amz-Target %s is unknown; it must start with %q.", fault.Quote(targets[0]), h.Target+".")
	}
	operation, ok := h.operations[name]
	switch {
	case ok:
		return operation, nil
	case h.Missing[name]:
		return Operation{}, fault.New(fault.UnknownOperation, "Operation %q exists at AWS and is not implemented here.", name)
	}
	return Operation{}, fault.New(fault.UnknownOperation, "Operation %s is unknown.", fault.Quote(name))
}

// ForeignPage reports whether a browser sent a request for a page of a host that
// has a name other than localhost's. A page whose name was made to lead to this
// machine is of the same origin to the browser, and foreign all the same.
func ForeignPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	if err != nil {
		return true
	}
	host := u.Hostname()
	return host != "localhost" && !strings.HasSuffix(host, ".localhost") && net.ParseIP(host) == nil
}

package awsjson

import (
	"errors"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// checkHead checks the head of a request against the protocol: its method, its
// media type, the absence of a content coding, and the announced length of its
// body.
func checkHead(r *web.Request) error {
	if r.Method != http.MethodPost {
		return fault.New(fault.MethodNotAllowed, "Method %s is not allowed here; use POST.", r.Method)
	}
	text := r.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(text); err != nil || media != ContentType {
		return fault.New(fault.UnsupportedMediaType, "Content-Type %s is not supported; use %s.", fault.Quote(text), ContentType)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return fault.New(fault.MalformedHTTP, "Content-Encoding %s is not supported; send the body without one.", fault.Quote(coding))
	}
	return r.Fits()
}

// unreadable returns why a body cannot be read, as an error for the caller.
func unreadable(err error) error {
	var overrun *http.MaxBytesError
	switch {
	case errors.As(err, &overrun):
		return fault.New(fault.TooLarge, "The request body is larger than %d bytes.", overrun.Limit)
	case errors.Is(err, web.ErrFull):
		return fault.New(fault.Throttled, "Too many request bodies are arriving at this server at once. Wait and try again.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.New(fault.Timeout, "The request body did not arrive in time.")
	}
	return &fault.Error{Kind: fault.MalformedHTTP, Message: "The request body could not be read.", Err: err}
}

// operation finds the operation that X-Amz-Target names, after the body has
// been read.
func (h *handler) operation(r *web.Request) (web.Operation, error) {
	if _, err := r.ReadBody(); err != nil {
		return web.Operation{}, err
	}
	targets := r.Header.Values("X-Amz-Target")
	if len(targets) != 1 {
		return web.Operation{}, fault.New(fault.UnknownOperation, "The request has %d X-Amz-Target headers; it must have one, such as %s.%s.",
			len(targets), h.Target, h.Operations[0].Name)
	}
	prefix, name, _ := strings.Cut(targets[0], ".")
	if prefix != h.Target {
		return web.Operation{}, fault.New(fault.UnknownOperation, "X-Amz-Target %s is unknown; it must start with %q.", fault.Quote(targets[0]), h.Target+".")
	}
	operation, ok := h.operations[name]
	switch {
	case ok:
		return operation, nil
	case h.Missing[name]:
		return web.Operation{}, fault.New(fault.UnknownOperation, "Operation %q exists at AWS but is not implemented here.", name)
	}
	return web.Operation{}, fault.New(fault.UnknownOperation, "Operation %s is unknown.", fault.Quote(name))
}

package operator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// requestID is the header that carries a request's id, ours on the way in too.
const requestID = "X-Amzn-Requestid"

// answer returns f as an HTTP handler that encodes what it returns, and logs one
// line about each request. The route is one of Routes, or "" where there is none.
func (a api) answer(route string, f handle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		r.Body = http.MaxBytesReader(w, r.Body, a.limitOf(r))
		r.Header.Set(requestID, a.NewID())
		ctx := context.WithValue(r.Context(), controlOf{}, http.NewResponseController(w))
		r = r.WithContext(context.WithValue(ctx, callerOf{}, &signer{}))
		out, err := f(r)
		reply := replyTo(out, err)
		id, _ := account.ParseID(r.PathValue("account")) // what is none is not shown as one
		result := awsjson.Result{
			Operation: route, Account: string(id), RequestID: r.Header.Get(requestID),
			Error: reply.name, Status: reply.status, Took: time.Since(begin),
		}
		if awsjson.Gone(r, reply.status) {
			result.Status = awsjson.StatusGone
		}
		if a.Observe != nil {
			a.Observe(r.Context(), result)
		}
		if err := reply.write(w, result.RequestID); err != nil && reply.reason == nil {
			reply.reason = fmt.Errorf("the answer did not arrive whole: %w", err)
		}
		a.log(r, result, reply.reason)
	})
}

// controlOf finds the http.ResponseController of a request in its context.
type controlOf struct{}

// unhurried takes the time limits of the HTTP server from a request whose answer
// takes the longer the more is stored. Its body has to be read by then.
func unhurried(r *http.Request) {
	if control, ok := r.Context().Value(controlOf{}).(*http.ResponseController); ok {
		_ = errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})) // without them, nothing has to move
	}
}

// maxPath is how much of a path the log shows, in bytes.
const maxPath = 200

// log logs the line about a request.
func (a api) log(r *http.Request, result awsjson.Result, reason error) {
	path := Prefix + r.URL.Path
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", path), slog.String("account", result.Account),
		slog.String("requestId", result.RequestID), slog.String("source", awsjson.Source(r)),
	}
	if key := signerOf(r).key; key != "" {
		attrs = append(attrs, slog.String("key", key))
	}
	if reason != nil {
		attrs = append(attrs, slog.String("error", result.Error), slog.String("reason", reason.Error()))
	}
	level := slog.LevelInfo
	if result.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs = append(attrs, slog.Int("status", result.Status), slog.Duration("took", result.Took))
	a.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// reply is an answer as it goes out.
type reply struct {
	status int
	name   string    // of the error
	reason error     // for the log
	body   []byte    // nil for none
	file   *download // in place of a body
}

// replyTo encodes a value, nil for no content, or an error.
func replyTo(out any, err error) reply {
	switch {
	case err != nil:
		return refusal(err)
	case out == nil:
		return reply{status: http.StatusNoContent}
	}
	if c, ok := out.(*download); ok {
		return reply{status: http.StatusOK, file: c}
	}
	body, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		return refusal(err)
	}
	return reply{status: http.StatusOK, body: body}
}

// write sends the answer. The error is of a caller who has gone, for the log.
func (a reply) write(w http.ResponseWriter, id string) error {
	w.Header().Set(requestID, id)
	switch {
	case a.file != nil:
		return a.file.write(w)
	case a.body == nil:
		w.WriteHeader(a.status)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, err := w.Write(append(a.body, '\n'))
	return err
}

// code is how a kind of failure looks in this API.
type code struct {
	status int
	name   string
}

var codes = map[fault.Kind]code{
	fault.Argument:              {http.StatusBadRequest, "InvalidArgument"},
	fault.Malformed:             {http.StatusBadRequest, "MalformedRequest"},
	fault.NotFound:              {http.StatusNotFound, "NotFound"},
	fault.MethodNotAllowed:      {http.StatusMethodNotAllowed, "MethodNotAllowed"},
	fault.AccessDenied:          {http.StatusForbidden, "AccessDenied"},
	fault.MissingAuthentication: {http.StatusForbidden, "MissingAuthentication"},
	fault.IncompleteSignature:   {http.StatusForbidden, "IncompleteSignature"},
	fault.UnknownKey:            {http.StatusForbidden, "UnknownKey"},
	fault.InvalidSignature:      {http.StatusForbidden, "InvalidSignature"},
	fault.Expired:               {http.StatusForbidden, "RequestExpired"},
	fault.NotEligible:           {http.StatusForbidden, "NotEligible"},
	fault.CrossOrigin:           {http.StatusForbidden, "CrossOrigin"},
	fault.ServiceAccount:        {http.StatusForbidden, "ServiceAccount"},
	fault.LimitExceeded:         {http.StatusConflict, "LimitExceeded"},
	fault.Conflict:              {http.StatusConflict, "Conflict"},
	fault.TooLarge:              {http.StatusRequestEntityTooLarge, "RequestTooLarge"},
	fault.Unavailable:           {http.StatusServiceUnavailable, "Unavailable"},
	fault.Internal:              {http.StatusInternalServerError, "Internal"},
}

func refusal(err error) reply {
	c, ok := codes[fault.KindOf(err)]
	message := fault.MessageOf(err)
	if !ok {
		c, message = codes[fault.Internal], fault.InternalMessage
	}
	p := operatorapi.Problem{Error: operatorapi.ProblemError{Code: c.name, Message: message}}
	body, _ := json.Marshal(p, jsontext.AllowInvalidUTF8(true)) // so that nothing can fail
	return reply{status: c.status, name: c.name, reason: err, body: body}
}

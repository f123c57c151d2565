package operator

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/web"
)

// form is how this API differs from others.
func form() web.Form {
	return web.Form{Refuse: refusal, Unreadable: unreadable, Line: line, Account: accountOf}
}

// accountOf returns the account in the path, or "" if it is not a valid id.
func accountOf(r *web.Request) string {
	id, _ := account.ParseID(r.PathValue("account"))
	return string(id)
}

// maxPath is how many bytes of a path the log shows.
const maxPath = 200

// line adds the first attributes to a request's log line.
func line(r *web.Request, attrs []slog.Attr) []slog.Attr {
	path := Prefix + r.URL.Path
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	return append(attrs, slog.String("method", r.Method), slog.String("path", path))
}

// contentType is the media type of answers.
const contentType = "application/json"

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

// refusal returns the answer to a request that failed with err.
func refusal(err error) web.Reply {
	c, ok := codes[fault.KindOf(err)]
	message := fault.MessageOf(err)
	if !ok {
		c, message = codes[fault.Internal], fault.InternalMessage
	}
	p := operatorapi.Problem{Error: operatorapi.ProblemError{Code: c.name, Message: message}}
	body, _ := json.Marshal(p, jsontext.AllowInvalidUTF8(true)) // so that it cannot fail
	reply := web.Reply{Status: c.status, Error: c.name, Reason: err, ContentType: contentType, Body: append(body, '\n')}
	if c.status >= http.StatusInternalServerError {
		reply.Level = slog.LevelError
	}
	return reply
}

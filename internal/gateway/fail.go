package gateway

import (
	"encoding/json"
	"net/http"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// failure is an error of WebDriver: what the client is told.
type failure struct {
	status  int
	code    string
	message string
	lab     bool // it is the lab's own fault
}

func (f *failure) Error() string { return f.message }

// The errors of WebDriver that the gateway gives by itself. No status is above 500:
// clients of WebDriver take those for something else.
func notCreated(message string) *failure {
	return &failure{status: http.StatusInternalServerError, code: "session not created", message: message}
}

func invalidSession(message string) *failure {
	return &failure{status: http.StatusNotFound, code: "invalid session id", message: message}
}

func unknownCommand(message string) *failure {
	return &failure{status: http.StatusNotFound, code: "unknown command", message: message}
}

func invalidArgument(message string) *failure {
	return &failure{status: http.StatusBadRequest, code: "invalid argument", message: message}
}

func unknownError(message string) *failure {
	return &failure{status: http.StatusInternalServerError, code: "unknown error", message: message}
}

// failureOf returns what a client is told of an error: the sentence of a fault, and
// nothing of an internal one.
func failureOf(err error, as func(string) *failure) *failure {
	return as(fault.MessageOf(err))
}

// write answers with the error.
func (f *failure) write(w http.ResponseWriter) {
	answer(w, f.status, map[string]any{"error": f.code, "message": f.message, "stacktrace": ""})
}

// answer answers with a value, as WebDriver wraps it.
func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(map[string]any{"value": value})
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"value":{"error":"unknown error","message":"The answer could not be written.","stacktrace":""}}`)
	}
	header(w.Header())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone
}

// header sets what every answer has: a browser shall take it for nothing but JSON.
func header(h http.Header) {
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
}

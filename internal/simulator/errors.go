package simulator

import (
	"errors"
	"fmt"
	"net/http"
)

// failure is an error of WebDriver.
type failure struct {
	code    string // as the W3C names it
	message string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// The codes that commands share.
const (
	invalidArgument   = "invalid argument"
	invalidSelector   = "invalid selector"
	invalidSessionID  = "invalid session id"
	javascriptError   = "javascript error"
	noSuchElement     = "no such element"
	sessionNotCreated = "session not created"
	staleElement      = "stale element reference"
	unknownCommand    = "unknown command"
	unknownError      = "unknown error"
	unknownMethod     = "unknown method"
)

// statuses holds the HTTP status of each code; that of the others is 500.
var statuses = map[string]int{
	invalidArgument:            http.StatusBadRequest,
	invalidSelector:            http.StatusBadRequest,
	"invalid cookie domain":    http.StatusBadRequest,
	"element not interactable": http.StatusBadRequest,
	"invalid element state":    http.StatusBadRequest,
	invalidSessionID:           http.StatusNotFound,
	"no such alert":            http.StatusNotFound,
	"no such context":          http.StatusNotFound,
	"no such cookie":           http.StatusNotFound,
	noSuchElement:              http.StatusNotFound,
	"no such frame":            http.StatusNotFound,
	"no such window":           http.StatusNotFound,
	staleElement:               http.StatusNotFound,
	unknownCommand:             http.StatusNotFound,
	unknownMethod:              http.StatusMethodNotAllowed,
}

// fail returns an error of WebDriver.
func fail(code, format string, args ...any) error {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// failureOf returns the error of WebDriver that err is.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{unknownError, err.Error()}
}

func (f *failure) status() int {
	if status, ok := statuses[f.code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// shape returns the value of an answer that tells of the failure.
func (f *failure) shape() any {
	return struct {
		Error      string `json:"error"`
		Message    string `json:"message"`
		Stacktrace string `json:"stacktrace"`
	}{f.code, f.message, ""}
}

// Package fault names the ways in which a request can fail.
//
// It decides nothing about how a failure is shown: the wire packages hold one
// table from Kind to their own error names. The zero Kind is Internal, so an
// unclassified error is never described to a caller.
package fault

import (
	"errors"
	"fmt"
)

// Kind is a class of failure, as the caller sees it.
type Kind int

// The kinds. Their order means nothing.
const (
	// Internal is a failure of slotfarm itself; its text stays in the log.
	Internal Kind = iota
	// Argument is a well-formed request whose value breaks a rule.
	Argument
	// NotFound names something that does not exist.
	NotFound
	// NotEligible is a caller who may not make this transaction.
	NotEligible
	// LimitExceeded is a quantity above what the account may hold.
	LimitExceeded
	// ServiceAccount is a problem with the account itself, such as suspension.
	ServiceAccount
	// Malformed is a body that cannot be read as the operation's input.
	Malformed
	// UnknownOperation is an operation that this service does not have.
	UnknownOperation
	// MethodNotAllowed is an HTTP method that the resource does not support.
	MethodNotAllowed
	// UnsupportedMediaType is a body in a format that the protocol does not
	// use.
	UnsupportedMediaType
	// MalformedHTTP is a body in an encoding that cannot be decoded.
	MalformedHTTP
	// TooLarge is a body over the size limit.
	TooLarge
	// Timeout is a request that did not arrive in time.
	Timeout
	// MissingAuthentication is a request that carries no signature.
	MissingAuthentication
	// IncompleteSignature is a signature that lacks a part or has one twice.
	IncompleteSignature
	// UnknownKey is an access key that does not exist.
	UnknownKey
	// InvalidSignature is a signature that does not match the request.
	InvalidSignature
	// Expired is a request signed too long ago or too far in the future.
	Expired
	// CrossOrigin is a browser's request for a page of another origin.
	CrossOrigin
	// Conflict is a change that the present state does not allow.
	Conflict
	// CannotDelete is something that may not be deleted as long as it is used.
	CannotDelete
	// AccessDenied is a caller whose key may not do this.
	AccessDenied
	// Throttled is a caller who calls too often.
	Throttled
	// Unavailable is a service that cannot answer now and may later.
	Unavailable
)

// Error is a failure with a sentence for the caller and, optionally, the cause
// for the log.
type Error struct {
	Kind    Kind
	Message string
	Err     error
}

// Error returns the message and the cause; it is meant for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Err)
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// New returns an Error of a kind; the message is a sentence for the caller.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of the first Error in err's chain, else Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// InternalMessage is all that a caller learns of an internal failure.
const InternalMessage = "The request failed because of an internal error."

// MessageOf returns the sentence that may be shown to the caller. Every
// internal failure gives the same sentence.
func MessageOf(err error) string {
	var e *Error
	if !errors.As(err, &e) || e.Kind == Internal {
		return InternalMessage
	}
	return e.Message
}

package operator

import (
	"errors"
	"io"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/service"
)

// caller returns who calls about the account in the path.
func caller(r *http.Request) (service.Caller, error) {
	id, err := account.ParseID(r.PathValue("account"))
	return callerOn(id, r), err
}

func callerOn(id account.ID, r *http.Request) service.Caller {
	return service.Caller{Account: id, Key: "operator", Source: r.RemoteAddr, Request: r.Header.Get(requestID)}
}

// queryInt returns a whole number from the query, fallback where it is missing.
func queryInt(r *http.Request, name string, fallback int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Argument, "%s %q is not a whole number from 0 to %d", name, text, math.MaxInt64)
	}
	return n, nil
}

// queryAccount returns an account id from the query, "" where it is missing.
func queryAccount(r *http.Request, name string) (account.ID, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return "", nil
	}
	return account.ParseID(text)
}

// decode reads a JSON object. A body over the limit, a member that into does not
// have, one that stands there twice and null are refused.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return unreadable(err)
	}
	noNulls := json.WithUnmarshalers(json.UnmarshalFromFunc(refuseNull))
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true), noNulls); err != nil {
		return malformed(err)
	}
	return nil
}

func unreadable(err error) error {
	var overrun *http.MaxBytesError
	if errors.As(err, &overrun) {
		return fault.New(fault.TooLarge, "the body is larger than %d bytes", maxBody)
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body did not arrive whole", Err: err}
}

// refuseNull leaves all other values to the JSON library, which would take null
// for zero.
func refuseNull(d *jsontext.Decoder, _ any) error {
	if d.PeekKind() == jsontext.KindNull {
		return &json.SemanticError{JSONKind: jsontext.KindNull}
	}
	return errors.ErrUnsupported
}

// malformed turns an error of the JSON library into a sentence for the caller.
func malformed(err error) error {
	var syntax *jsontext.SyntacticError
	var mistyped *json.SemanticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return fault.New(fault.Malformed, "%s stands there twice", place(syntax.JSONPointer))
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &mistyped):
		return fault.New(fault.Malformed, "%s is unknown; there are %s", place(mistyped.JSONPointer), members(mistyped.GoType))
	case errors.As(err, &mistyped):
		return fault.New(fault.Malformed, "%s is %s", place(mistyped.JSONPointer), mismatch(mistyped))
	case errors.As(err, &syntax):
		return fault.New(fault.Malformed, "the body is not valid JSON at byte %d", syntax.ByteOffset)
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body is not valid JSON", Err: err}
}

// place names a value of the body, as in member "rules[2].delay".
func place(p jsontext.Pointer) string {
	if p == "" {
		return "the body"
	}
	var path strings.Builder
	for token := range p.Tokens() {
		switch _, err := strconv.ParseUint(token, 10, 32); {
		case path.Len() == 0:
			path.WriteString(token)
		case err == nil:
			path.WriteString("[" + token + "]") // no object here has numbers for names
		default:
			path.WriteString("." + token)
		}
	}
	return "member " + strconv.Quote(path.String())
}

// members lists the members that a struct may have.
func members(t reflect.Type) string {
	var names []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// mismatch says what a value is and what it must be.
func mismatch(e *json.SemanticError) string {
	switch {
	case e.JSONKind == jsontext.KindNull && e.JSONPointer != "":
		return "null; leave it out or give it a value"
	case errors.Is(e.Err, strconv.ErrRange):
		return string(e.JSONValue) + ", which is out of range"
	case e.JSONValue != nil:
		return string(e.JSONValue) + "; it must be a whole number, written in digits"
	}
	return "a JSON " + kindName(e.JSONKind) + "; it must be " + wanted(e.GoType)
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "boolean"
	}
	return kind.String()
}

// wanted names the JSON that a Go type is read from.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}

package strictjson

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Decode reads a JSON object into a struct. It refuses unknown members, members
// that appear twice, values of another JSON type and null with a Malformed
// error that names the member by its path.
func Decode(body []byte, into any) error {
	noNulls := json.WithUnmarshalers(json.UnmarshalFromFunc(refuseNull))
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true), noNulls); err != nil {
		return malformed(err)
	}
	return nil
}

// refuseNull refuses null, which the JSON library would take for zero, and
// leaves all other values to the library.
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
	var ours *fault.Error
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return fault.New(fault.Malformed, "%s appears twice", place(syntax.JSONPointer))
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &mistyped):
		return fault.New(fault.Malformed, "%s is unknown; it must be one of %s", place(mistyped.JSONPointer), members(mistyped.GoType))
	case errors.As(err, &ours) && errors.As(err, &mistyped):
		return fault.New(fault.Malformed, "%s is %s", place(mistyped.JSONPointer), ours.Message)
	case errors.As(err, &mistyped):
		return fault.New(fault.Malformed, "%s is %s", place(mistyped.JSONPointer), mismatch(mistyped))
	case errors.As(err, &syntax):
		return fault.New(fault.Malformed, "the body is not valid JSON at byte %d", syntax.ByteOffset)
	}
	return &fault.Error{Kind: fault.Malformed, Message: "the body is not valid JSON", Err: err}
}

// place names a value by its path, such as accounts[0].now.
func place(p jsontext.Pointer) string {
	if p == "" {
		return "the body"
	}
	var path strings.Builder
	for token := range p.Tokens() {
		switch _, err := strconv.ParseUint(token, 10, 32); {
		case err == nil:
			path.WriteString("[" + token + "]")
		case path.Len() > 0:
			path.WriteString("." + token)
		default:
			path.WriteString(token)
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
	if len(names) == 0 {
		return "none"
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

// wanted names the JSON type that a Go type is read from.
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

// Scalar is a member that reads itself from the text of a JSON string, without its
// quotes, or of a JSON number.
type Scalar interface {
	ReadScalar(kind jsontext.Kind, text string) error
}

// ReadScalar passes the next JSON value to s. Errors: Malformed for a value
// that is neither a string nor a number, and those of s.
func ReadScalar(d *jsontext.Decoder, s Scalar) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	text := string(raw)
	if raw.Kind() == jsontext.KindString {
		unquoted, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return err
		}
		text = string(unquoted)
	}
	if !slices.Contains([]jsontext.Kind{jsontext.KindString, jsontext.KindNumber}, raw.Kind()) {
		return fault.New(fault.Malformed, "a JSON %s; it must be a string or a number", kindName(raw.Kind()))
	}
	return s.ReadScalar(raw.Kind(), text)
}

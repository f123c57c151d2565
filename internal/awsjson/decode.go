package awsjson

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// maxQuoted is how many bytes of a wrong value a message repeats.
const maxQuoted = 100

// decode reads a body into the struct that in points to. Members are matched by
// their exact names; unknown members are ignored, duplicate and misspelled
// members are refused. All its errors are of kind Malformed.
func decode(body []byte, members map[string]bool, in any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return fault.New(fault.Malformed, "The request body is empty; it must be a JSON object, at least {}.")
	}
	if err := checkMembers(body, members); err != nil {
		return err
	}
	if err := json.Unmarshal(body, in); err != nil {
		return malformed(err)
	}
	return nil
}

// checkMembers reads the names at the top level of the object and refuses those
// that differ from a member only in case: they would be silently ignored.
func checkMembers(body []byte, members map[string]bool) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	if kind := decoder.PeekKind(); kind != '{' && kind != 0 {
		return fault.New(fault.Malformed, "The request body is a JSON %s; it must be an object.", kindName(kind))
	}
	if _, err := decoder.ReadToken(); err != nil {
		return malformed(err)
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return malformed(err)
		}
		if err := checkCase(name.String(), members); err != nil {
			return err
		}
		if err := decoder.SkipValue(); err != nil {
			return malformed(err)
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return malformed(err)
	}
	return nil
}

func checkCase(name string, members map[string]bool) error {
	if members[name] {
		return nil
	}
	for member := range members {
		if strings.EqualFold(member, name) {
			return fault.New(fault.Malformed, "Member %s is unknown; the correct spelling is %q.", quote(name), member)
		}
	}
	return nil
}

// memberNames returns the names in the json tags of a struct.
func memberNames(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	return names
}

// malformed turns an error of the JSON library into a sentence for the caller.
func malformed(err error) error {
	var syntax *jsontext.SyntacticError
	var mistyped *json.SemanticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return fault.New(fault.Malformed, "Member %s appears twice in the request.", quote(syntax.JSONPointer.LastToken()))
	case errors.As(err, &mistyped):
		return fault.New(fault.Malformed, "Member %s is a JSON %s%s; it has the wrong type.",
			quote(path(mistyped.JSONPointer)), kindName(mistyped.JSONKind), shown(mistyped.JSONValue))
	case errors.As(err, &syntax):
		return fault.New(fault.Malformed, "The request body is not valid JSON at byte %d.", syntax.ByteOffset)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.New(fault.Malformed, "The request body ends before its JSON is complete.")
	}
	return &fault.Error{Kind: fault.Malformed, Message: "The request body cannot be read.", Err: err}
}

// path names a value by the members and places that lead to it, such as
// filters[0].values.
func path(p jsontext.Pointer) string {
	var all strings.Builder
	for token := range p.Tokens() {
		switch _, err := strconv.ParseUint(token, 10, 32); {
		case err == nil:
			all.WriteString("[" + token + "]")
		case all.Len() > 0:
			all.WriteString("." + token)
		default:
			all.WriteString(token)
		}
	}
	return all.String()
}

func shown(value jsontext.Value) string {
	if len(value) == 0 {
		return ""
	}
	return ", " + cut(string(value))
}

func quote(text string) string { return strconv.Quote(cut(text)) }

// cut shortens what a caller sent, so that a message stays short.
func cut(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuoted], "") + "…"
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "value"
}

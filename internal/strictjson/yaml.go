package strictjson

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Bounds of a YAML document after its aliases are expanded.
const (
	maxExpanded = 32 << 20 // bytes
	maxDepth    = 64
)

// DecodeYAML is Decode for a YAML document; JSON is YAML too.
func DecodeYAML(body []byte, into any) error {
	body, err := toJSON(body)
	if err != nil {
		return err
	}
	return Decode(body, into)
}

// toJSON returns a YAML document as JSON. JSON is YAML and stays unchanged.
// Numbers keep their digits. A scalar that is not null, a boolean or a number
// as JSON writes it becomes a string.
func toJSON(body []byte) ([]byte, error) {
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '{' {
		return body, nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	var root yaml.Node
	if err := decoder.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Malformed, "the document is not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Malformed, "a second document follows the first")
	}
	if len(root.Content) == 0 {
		return nil, fault.New(fault.Malformed, "the document is empty")
	}
	var out bytes.Buffer
	encoder := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(false))
	err := writeNode(encoder, root.Content[0], maxDepth)
	if err != nil && fault.KindOf(err) == fault.Internal {
		err = &fault.Error{Kind: fault.Malformed, Message: "the document holds a value that JSON cannot express", Err: err}
	}
	return out.Bytes(), err
}

func writeNode(e *jsontext.Encoder, n *yaml.Node, depth int) error {
	if depth == 0 || e.OutputOffset() > maxExpanded {
		return fault.New(fault.TooLarge, "line %d: the document is nested too deeply or grows too large", n.Line)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return writeNode(e, n.Alias, depth-1)
	case yaml.MappingNode:
		return writeObject(e, n, depth)
	case yaml.SequenceNode:
		return writeArray(e, n, depth)
	}
	return writeScalar(e, n)
}

func writeObject(e *jsontext.Encoder, n *yaml.Node, depth int) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return fault.New(fault.Malformed, "line %d: a key must be plain text", key.Line)
		}
		if err := e.WriteToken(jsontext.String(key.Value)); err != nil {
			return err
		}
		if err := writeNode(e, n.Content[i+1], depth-1); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func writeArray(e *jsontext.Encoder, n *yaml.Node, depth int) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, element := range n.Content {
		if err := writeNode(e, element, depth-1); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

func writeScalar(e *jsontext.Encoder, n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!null":
		return e.WriteToken(jsontext.Null)
	case "!!bool":
		switch strings.ToLower(n.Value) {
		case "true", "false":
			return e.WriteToken(jsontext.Bool(strings.EqualFold(n.Value, "true")))
		}
	case "!!int", "!!float":
		if number := jsontext.Value(n.Value); number.IsValid() && number.Kind() == jsontext.KindNumber {
			return e.WriteValue(number)
		}
	}
	return e.WriteToken(jsontext.String(n.Value))
}

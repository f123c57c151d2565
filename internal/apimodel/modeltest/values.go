package modeltest

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/apimodel"
)

// long is the length of a text that the model does not bound, in characters: it
// fits in a request, but not in a message.
const long = 60_000

// texts returns strings at and beyond the bounds of their length, and one that
// the pattern does not match.
func texts(shape *apimodel.Shape) []variant {
	var out []variant
	add := func(n int64, want Want) {
		if value, ok := textOf(shape, n); ok {
			out = append(out, plain(strconv.FormatInt(n, 10)+" characters", strconv.Quote(value), want))
		}
	}
	atBounds(shape, add)
	if shape.Max == nil {
		add(long, Accepted)
	} else if shape.Pattern == nil {
		value := strconv.Quote(strings.Repeat("é", int(*shape.Max)))
		out = append(out, plain(strconv.FormatInt(*shape.Max, 10)+" characters of two bytes", value, Accepted))
	}
	if shape.Pattern != nil {
		out = append(out, unmatched(shape)...)
	}
	return out
}

// unmatched returns a string that is long enough and does not match the pattern.
func unmatched(shape *apimodel.Shape) []variant {
	length := int64(1)
	if shape.Min != nil {
		length = max(length, *shape.Min)
	}
	for _, filler := range []string{"!", " "} {
		if value := strings.Repeat(filler, int(length)); !shape.Pattern.MatchString(value) {
			return []variant{plain("not of the pattern", strconv.Quote(value), Argument)}
		}
	}
	return nil
}

// beginnings lists the beginnings of texts for which the model has a pattern.
var beginnings = []string{
	"", "arn:aws:devicefarm:us-west-2:000000000000:", "arn:aws:devicefarm:", "arn:aws:iam::000000000000:role/", "sg-", "subnet-",
}

// textOf returns a string of n characters that matches the shape's pattern.
func textOf(shape *apimodel.Shape, n int64) (string, bool) {
	for _, beginning := range beginnings {
		if rest := int(n) - len(beginning); rest >= 0 {
			value := beginning + strings.Repeat("a", rest)
			if shape.Pattern == nil || shape.Pattern.MatchString(value) {
				return value, true
			}
		}
	}
	return "", false
}

// numbers returns numbers and booleans at and beyond their bounds.
func numbers(shape *apimodel.Shape) []variant {
	switch shape.Kind {
	case apimodel.Boolean:
		return []variant{plain("true", "true", Accepted), plain("false", "false", Accepted)}
	case apimodel.Timestamp:
		return []variant{plain("whole seconds", "1459468800", Accepted), plain("milliseconds", "1458596930.431", Accepted)}
	case apimodel.Double:
		return []variant{plain("whole", "1", Accepted), plain("a fraction", "1.5", Accepted)}
	}
	low, high := int64(math.MinInt32), int64(math.MaxInt32)
	if shape.Kind == apimodel.Long {
		low, high = math.MinInt64, math.MaxInt64
	}
	if shape.Min != nil {
		low = *shape.Min
	}
	if shape.Max != nil {
		high = *shape.Max
	}
	beyond := func(n, by int64) string { return new(big.Int).Add(big.NewInt(n), big.NewInt(by)).String() }
	return []variant{
		plain("smallest", strconv.FormatInt(low, 10), Accepted),
		plain("largest", strconv.FormatInt(high, 10), Accepted),
		plain("too small", beyond(low, -1), Argument),
		plain("too large", beyond(high, 1), Argument),
		plain("a fraction", "1.5", Argument),
		plain("huge", "1e400", Argument),
		plain("of a thousand digits", strings.Repeat("9", 1000), Argument),
	}
}

// value returns a value that the shape allows.
func (s Samples) value(shape *apimodel.Shape) string {
	switch {
	case len(shape.Values) > 0:
		return strconv.Quote(shape.Values[0])
	case shape.Kind == apimodel.String:
		return strconv.Quote(shortest(shape))
	case shape.Kind == apimodel.Structure:
		return s.object(shape.Members, "", "")
	case shape.Kind == apimodel.List:
		return "[" + s.value(shape.Element) + "]"
	case shape.Kind == apimodel.Map:
		return "{" + s.value(shape.Key) + ":" + s.value(shape.Element) + "}"
	case shape.Kind == apimodel.Boolean:
		return "false"
	case shape.Min != nil:
		return strconv.FormatInt(*shape.Min, 10)
	}
	return "1"
}

// shortest returns a string that the shape allows and that is not empty.
func shortest(shape *apimodel.Shape) string {
	length := int64(1)
	if shape.Min != nil {
		length = max(length, *shape.Min)
	}
	for ; length <= long && (shape.Max == nil || length <= *shape.Max); length++ {
		if value, ok := textOf(shape, length); ok {
			return value
		}
	}
	return ""
}

// of returns the sample of a member, or a value that its shape allows.
func (s Samples) of(m apimodel.Member) string {
	if sample, ok := s[m.Name]; ok {
		return sample
	}
	return s.value(m.Shape)
}

// object returns a JSON object with the required members and the one named,
// which gets the value given, or is left out if the value is "".
func (s Samples) object(members []apimodel.Member, name, value string) string {
	var parts []string
	for _, m := range members {
		if m.Required && !strings.EqualFold(m.Name, name) {
			parts = append(parts, strconv.Quote(m.Name)+":"+s.of(m))
		}
	}
	if value != "" {
		parts = append(parts, strconv.Quote(name)+":"+value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

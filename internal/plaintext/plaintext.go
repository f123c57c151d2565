// Package plaintext decides what names and notes that people write may hold:
// one line of visible text that looks the same everywhere.
package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// Joiners occur within words of some languages, and within emoji.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// Check returns nil, or an Argument error if text has more than maxBytes bytes,
// is not UTF-8, or has a character that is not visible: a control character, a
// mark that changes the direction of writing, a line separator. The error calls
// the text by the word in what, such as "name".
func Check(what, text string, maxBytes int) error {
	if len(text) > maxBytes {
		return fault.New(fault.Argument, "%s has %d bytes; it may have %d.", what, len(text), maxBytes)
	}
	if !utf8.ValidString(text) {
		return fault.New(fault.Argument, "%s %+q is not UTF-8.", what, text)
	}
	if i := strings.IndexFunc(text, hidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return fault.New(fault.Argument, "%s %+q has the character %U, which cannot be seen; it may have visible characters and spaces only.", what, text, r)
	}
	return nil
}

func hidden(r rune) bool { return !unicode.IsGraphic(r) && r != nonJoiner && r != joiner }

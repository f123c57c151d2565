package fault

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxQuoted is how many characters of a value a message repeats.
const maxQuoted = 64

// Quote returns a value in quotes, so that a message can repeat it. It shortens
// a long value and says how long the whole value is.
func Quote(text string) string {
	n := utf8.RuneCountInString(text)
	if n <= maxQuoted {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%s (%d characters)", strconv.Quote(string([]rune(text)[:maxQuoted])+"…"), n)
}

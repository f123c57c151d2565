package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// errDeclined is the answer no to a question.
var errDeclined = errors.New("nothing was changed")

// confirm asks a person whether to do something, and returns nil for yes. Where
// nobody can be asked it is a wrong command line, which --yes would make right.
func (s IO) confirm(ctx context.Context, question string) error {
	if !terminal(s.In) || !terminal(s.Err) {
		return usageError{fmt.Errorf("%s There is no terminal to ask on; give --yes to answer in advance", question)}
	}
	if _, err := fmt.Fprintf(s.Err, "%s [y/N] ", question); err != nil {
		return err
	}
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // the end of the input is no yes
		answered <- line
	}()
	select {
	case line := <-answered:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
		return errDeclined
	case <-ctx.Done():
		return errDeclined
	}
}

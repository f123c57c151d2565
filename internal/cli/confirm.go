package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// errDeclined says that a person answered a question with no.
var errDeclined = errors.New("nothing was changed")

// confirm asks a person whether to do something, and returns nil for yes. If
// there is no terminal to ask on, it returns a usageError that names --yes.
func (s IO) confirm(ctx context.Context, question string) error {
	if !terminal(s.In) || !terminal(s.Err) {
		return usageError{fmt.Errorf("%s There is no terminal to ask on; give --yes to answer in advance", question)}
	}
	if _, err := fmt.Fprintf(s.Err, "%s [y/N] ", question); err != nil {
		return err
	}
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // the end of the input means no
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

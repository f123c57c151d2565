package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commandLine is the AWS CLI, which takes each step as a command of its own. Debian 12's version reads no
// endpoint from the environment. It always reads all pages of a list.
type commandLine struct {
	find func() (argv []string, err error)
}

func (c commandLine) run(t *testing.T, s session, steps ...step) []outcome {
	t.Helper()
	argv := installed(t, c.find)
	argv = append(argv[:len(argv):len(argv)], "--endpoint-url", s.endpoint, "--output", "json")
	if s.readTimeout > 0 {
		argv = append(argv, "--cli-read-timeout", fmt.Sprint(s.readTimeout))
	}
	env := s.env(t)
	var outcomes []outcome
	for _, st := range steps {
		args := append(argv[:len(argv):len(argv)], commandOf(st)...)
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = env
		outcomes = append(outcomes, runCommand(t, cmd))
	}
	return outcomes
}

// commandOf writes a step as a user of the CLI would:
// devicefarm purchase-offering --offering-id A53D… --quantity 1.
func commandOf(st step) []string {
	args := []string{"devicefarm", kebab(st.Operation)}
	members := make([]string, 0, len(st.Input))
	for member := range st.Input {
		members = append(members, member)
	}
	slices.Sort(members)
	for _, member := range members {
		args = append(args, "--"+kebab(member), fmt.Sprint(st.Input[member]))
	}
	return args
}

// kebab turns PurchaseOffering into purchase-offering, and offeringId into offering-id.
func kebab(name string) string {
	words := regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(name, func(capital string) string {
		return "-" + strings.ToLower(capital)
	})
	return strings.TrimPrefix(words, "-")
}

// An exception on the CLI's stderr. In between it may say that it has tried several times.
var exceptionLine = regexp.MustCompile(`^An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)`)

func runCommand(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		line := exceptionLine.FindStringSubmatch(strings.TrimSpace(string(exit.Stderr)))
		if line == nil {
			t.Fatalf("%s: %v\n%s", cmd, err, exit.Stderr)
		}
		return outcome{Error: line[1], Message: line[2]}
	}
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	if err := json.Unmarshal(out, &o.Output); err != nil {
		t.Fatalf("%s printed %q: %v", cmd, out, err)
	}
	return o
}

package harness

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

// CommandLine is the AWS CLI, which takes each step as a command of its own. Debian 12's version reads no
// endpoint from the environment. It always reads all pages of a list.
type CommandLine struct {
	Find func() (argv []string, err error)
}

// Run takes the steps one after the other and returns their outcomes.
func (c CommandLine) Run(t *testing.T, s Session, steps ...Step) []Outcome {
	t.Helper()
	argv := Installed(t, c.Find)
	argv = append(argv[:len(argv):len(argv)], "--endpoint-url", s.Endpoint, "--output", "json")
	if s.ReadTimeout > 0 {
		argv = append(argv, "--cli-read-timeout", fmt.Sprint(s.ReadTimeout))
	}
	env := s.Env(t)
	var outcomes []Outcome
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
func commandOf(st Step) []string {
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

// exceptionLine is an exception on the CLI's standard error. In between it may say that it has tried several times.
var exceptionLine = regexp.MustCompile(`^An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)`)

func runCommand(t *testing.T, cmd *exec.Cmd) Outcome {
	t.Helper()
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		line := exceptionLine.FindStringSubmatch(strings.TrimSpace(string(exit.Stderr)))
		if line == nil {
			t.Fatalf("%s: %v\n%s", cmd, err, exit.Stderr)
		}
		return Outcome{Error: line[1], Message: line[2]}
	}
	if err != nil {
		t.Fatal(err)
	}
	var o Outcome
	if err := json.Unmarshal(out, &o.Output); err != nil {
		t.Fatalf("%s printed %q: %v", cmd, out, err)
	}
	return o
}

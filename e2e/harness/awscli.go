package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// CommandLine is the AWS CLI, which runs each step as a command. Debian 12's version does not read the endpoint from
// the environment. It always reads all pages of a list.
type CommandLine struct {
	Find func() (argv []string, err error)
}

// Run runs the steps one after the other and returns their outcomes. It runs one or two steps as separate commands.
// It runs more in one process if the CLI is a Python program, because each start of the CLI takes a second.
func (c CommandLine) Run(t *testing.T, s Session, steps ...Step) []Outcome {
	t.Helper()
	argv := Installed(t, c.Find)
	var commands [][]string
	for _, st := range steps {
		command := append(commandOf(st), "--endpoint-url", s.Endpoint, "--output", "json")
		if s.ReadTimeout > 0 {
			command = append(command, "--cli-read-timeout", fmt.Sprint(s.ReadTimeout))
		}
		commands = append(commands, command)
	}
	var results []Result
	if python := pythonOf(argv[0]); python != nil && len(steps) > 2 {
		results = runInOne(t, python, s.Env(t), commands)
	} else {
		results = runEach(t, argv[0], s.Env(t), commands)
	}
	var outcomes []Outcome
	for i, r := range results {
		outcomes = append(outcomes, outcomeOf(t, commands[i], r))
	}
	return outcomes
}

// pythonOf returns the Python command that runs a program, or nil if the program is not a Python script.
func pythonOf(program string) []string {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil
	}
	line, isScript := strings.CutPrefix(Lines(string(text))[0], "#!")
	if !isScript || !strings.Contains(line, "python") {
		return nil
	}
	return strings.Fields(line)
}

// runInOne runs commands in one process.
func runInOne(t *testing.T, python, env []string, commands [][]string) (results []Result) {
	t.Helper()
	input, err := json.Marshal(commands)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python[0], append(python[1:len(python):len(python)], "../awscli/commands.py")...)
	cmd.Env, cmd.Stdin, cmd.Stderr = env, bytes.NewReader(input), t.Output()
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &results)
	}
	if err != nil || len(results) != len(commands) {
		t.Fatalf("%s: %d results of %d commands: %v", cmd, len(results), len(commands), err)
	}
	return results
}

// runEach runs each command as a process of its own.
func runEach(t *testing.T, program string, env []string, commands [][]string) (results []Result) {
	t.Helper()
	for _, args := range commands {
		var out, said strings.Builder
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &said
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		results = append(results, Result{Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: said.String()})
	}
	return results
}

// commandOf returns a step as a user of the CLI would write it: devicefarm purchase-offering --offering-id A53D…
// --quantity 1.
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

// exceptionLine matches an exception on the CLI's standard error, which may also mention retries.
var exceptionLine = regexp.MustCompile(`^An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)`)

// outcomeOf returns the outcome of a command.
func outcomeOf(t *testing.T, command []string, got Result) (o Outcome) {
	t.Helper()
	if got.Code != 0 {
		line := exceptionLine.FindStringSubmatch(strings.TrimSpace(got.Stderr))
		if line == nil {
			t.Fatalf("aws %s: exit code %d\n%s", strings.Join(command, " "), got.Code, got.Stderr)
		}
		return Outcome{Error: line[1], Message: line[2]}
	}
	if err := json.Unmarshal([]byte(got.Stdout), &o.Output); err != nil {
		t.Fatalf("aws %s printed %q: %v", strings.Join(command, " "), got.Stdout, err)
	}
	return o
}

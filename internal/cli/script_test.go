package cli_test

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slotfarm/slotfarm/internal/server"
)

// patience is how long anything may take that normally takes no time.
const patience = time.Minute

// TestScripts runs command lines that end by themselves. In a script, $TAKEN is
// an address and $TAKEN_DATA a data directory that a server has in use, and
//
//	fails STATUS COMMAND...
//	operate METHOD PATH [BODY]
//	offerings ACCOUNT OPERATION BODY
//
// expect the exit status, one line on stderr, and nothing on stdout; and call
// that server.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               occupy,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"fails": fails, "operate": callTaken, "offerings": callTaken},
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(5 * patience), // of all scripts together, which wait for other tests
	})
}

// occupy starts a server for others to collide with.
func occupy(env *testscript.Env) error {
	data := filepath.Join(env.WorkDir, "taken")
	s, err := server.Start(context.Background(), server.Config{Data: data})
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := s.Close(context.Background()); err != nil {
			env.T().Fatal(err)
		}
	})
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else each command takes a second under the race detector
	env.Setenv("TAKEN", s.Addr())
	env.Setenv("TAKEN_DATA", data)
	return nil
}

// callTaken calls the server that is in use: an operation of Device Farm where
// the first argument is an account, else the operator API.
func callTaken(ts *testscript.TestScript, neg bool, args []string) {
	endpoint := "http://" + ts.Getenv("TAKEN")
	args = append(args, "")
	if neg || len(args) < 3 {
		ts.Fatalf("usage: operate METHOD PATH [BODY], or offerings ACCOUNT OPERATION BODY")
	}
	call := operate
	if strings.Trim(args[0], "0123456789") == "" {
		call = offerings
	}
	if _, err := call(endpoint, args[0], args[1], args[2]); err != nil {
		ts.Fatalf("%v", err)
	}
}

func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails STATUS COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		ts.Fatalf("the command succeeded")
	case !errors.As(err, &exit):
		ts.Fatalf("%v", err)
	case strconv.Itoa(exit.ExitCode()) != args[0]:
		ts.Fatalf("exit status %d, want %s", exit.ExitCode(), args[0])
	}
	if stdout := ts.ReadFile("stdout"); stdout != "" {
		ts.Fatalf("stdout = %q, want nothing", stdout)
	}
	stderr := ts.ReadFile("stderr")
	if !strings.HasPrefix(stderr, "slotfarm: ") || strings.Index(stderr, "\n") != len(stderr)-1 {
		ts.Fatalf("stderr = %q, want one line that starts with the program's name", stderr)
	}
}

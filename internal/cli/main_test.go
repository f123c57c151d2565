package cli_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/cli"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"slotfarm": slotfarm})
}

// slotfarm is cmd/slotfarm, for scripts.
func slotfarm() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Run(ctx, cli.IO{Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// clearEnvironment unsets the variables of slotfarm and OpenTelemetry, and the
// width of the terminal, to which help is wrapped.
func clearEnvironment() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name == "COLUMNS" || strings.HasPrefix(name, "SLOTFARM_") || strings.HasPrefix(name, "OTEL_") {
			os.Unsetenv(name)
		}
	}
}

// suite is the tests, which do not depend on the environment and leave no
// goroutines behind.
type suite struct{ *testing.M }

// Run implements testscript.TestingM.
func (s suite) Run() int {
	clearEnvironment()
	status := s.M.Run()
	if err := goleak.Find(); status == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

package harness

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Frozen is the time at which the shared server's clocks are frozen. A slot that is bought on the last day of a month
// of 31 days costs 250.00 / 31, as in the example of AWS's own PurchaseOffering page.
const Frozen = "2016-08-31T12:59:00.431Z"

// Patience bounds every wait for something that certainly happens if all is well.
const Patience = 60 * time.Second

// binaries is the environment variable that names a directory with the binaries, so that several packages of tests
// can share them. Without it, each package builds its own.
const binaries = "SLOTFARM_E2E_BINARIES"

// Binary returns the path of the binary under test, slotfarm, or of the client program gosdk.
func Binary(name string) string { return filepath.Join(os.Getenv(binaries), name) }

// sandbox starts the server that is shared by all tests of a package that do not need one of their own.
var sandbox = sync.OnceValues(func() (*Server, error) {
	return Start("sandbox", "--listen", "127.0.0.1:0", "--time", Frozen)
})

// Sandbox returns the server that is shared by all tests of a package that do not need one of their own.
func Sandbox() *Server {
	s, _ := sandbox() // Run has started it
	return s
}

// Run runs the tests of a package and returns the status to exit with.
func Run(m *testing.M) int {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return code
}

func run(m *testing.M) (code int, err error) {
	if os.Getenv(binaries) == "" {
		dir, err := os.MkdirTemp("", "slotfarm-e2e-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		if err := build(dir); err != nil {
			return 0, err
		}
		if err := os.Setenv(binaries, dir); err != nil {
			return 0, err
		}
	}
	shared, err := sandbox()
	if err != nil {
		return 0, err
	}
	code = m.Run()
	return code, shared.Stop()
}

// build builds the binary under test and the client program of gosdk, with the flags of `make build`, so that it can
// reuse the compiled packages.
func build(dir string) error {
	const module = "github.com/slotfarm/slotfarm/"
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "grpcnotrace", "-o", dir+string(filepath.Separator), module+"cmd/slotfarm", module+"e2e/gosdk")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the binaries: %w\n%s", err, out)
	}
	return nil
}

// The flags of every package of tests.
var (
	Soak = flag.Duration("soak", 0, "crash servers for this long, and at least 200 times")
	Seed = flag.Uint64("seed", 0, "crash servers at the moments that follow from this seed, instead of the usual ones")
)

// Rounds returns how many times a test repeats something random: a few times, or many with -soak, or with -seed,
// which reproduces a failure.
func Rounds(few, many int) int {
	if *Soak != 0 || *Seed != 0 {
		return many
	}
	return few
}

// Moments is the seed that -seed gives, or the usual one.
func Moments() uint64 {
	if *Seed != 0 {
		return *Seed
	}
	return 1
}

// Repeatable logs how to reproduce a failure with a seed in a test or in TestSoak.
func Repeatable(t *testing.T, test string, seed uint64) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to reproduce: go test -run '^%s$' -seed %d, in this package", test, seed)
		}
	})
}

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// frozen is the time at which the shared server's clocks stand still. A slot that is bought on the last day
// of a month of 31 days costs 250.00 / 31, as in the example of AWS's own PurchaseOffering page.
const frozen = "2016-08-31T12:59:00.431Z"

// patience bounds every wait for something that is sure to happen when all is well.
const patience = 60 * time.Second

var update = flag.Bool("update", false, "write the golden files anew")

// Built and started by TestMain and only read afterwards.
var (
	slotfarmBinary string  // the binary under test
	gosdkBinary    string  // the client program of gosdk/
	sandbox        *server // the server that all tests share which need none of their own
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "slotfarm-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if slotfarmBinary, err = build(dir, "slotfarm", "../cmd/slotfarm"); err != nil {
		return 0, err
	}
	if gosdkBinary, err = build(dir, "gosdk", "./gosdk"); err != nil {
		return 0, err
	}
	if sandbox, err = start("sandbox", "--listen", "127.0.0.1:0", "--time", frozen); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, sandbox.stop()
}

func build(dir, name, pkg string) (string, error) {
	binary := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", binary, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return binary, nil
}

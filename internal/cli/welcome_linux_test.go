package cli_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWelcomeOnATerminal has the sandbox print to one.
func TestWelcomeOnATerminal(t *testing.T) {
	t.Parallel()
	screen, terminal := openTerminal(t)
	s := start(t, terminal, "--listen", "127.0.0.1:0")
	var seen strings.Builder
	for lines := bufio.NewReader(screen); !strings.Contains(seen.String(), "Ctrl-C"); {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", &seen, err)
		}
		seen.WriteString(strings.ReplaceAll(line, "\r\n", "\n"))
	}
	checkWelcome(t, seen.String(), s.Endpoint)
	if status := s.stop(); status != 0 {
		t.Errorf("status = %d, want 0", status)
	}
}

// openTerminal returns both ends of a new pseudo-terminal: what is written to
// the terminal can be read from the screen, and the other way round.
func openTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

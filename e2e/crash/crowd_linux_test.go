package crash

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"golang.org/x/sys/unix"
)

// resident returns how much memory a server occupies, in MiB.
func resident(t *testing.T, s *harness.Server) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no VmRSS in %s", status)
	}
	kib, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10
}

// dial opens a connection that is closed at the end of the test.
func dial(t *testing.T, s *harness.Server) net.Conn {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.Endpoint, "http://"), harness.Patience)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// each calls f for n numbers, some at a time.
func each(n int, f func(i int)) {
	var all sync.WaitGroup
	for worker := range 32 {
		all.Go(func() {
			for i := worker; i < n; i += 32 {
				f(i)
			}
		})
	}
	all.Wait()
}

// TestIdleConnections lets each of 10,000 clients make a call and stay connected. Purchases continue, and an idle
// connection costs little memory.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	idle := min(10_000, int(min(limit.Max, 1<<20))-1000) // the rest is for the other tests
	if idle < 10_000 {
		t.Logf("NOT TESTED: 10,000 connections, but %d: a process may have %d open files here", max(idle, 0), limit.Max)
	}
	at, b := harness.SandboxSite(t), harness.NewBooks()
	s := at.Start(t)
	shop(t, at, s, b, "before")
	begin, before := time.Now(), resident(t, s)
	conns := make([]net.Conn, max(idle, 0))
	call := func(i int) {
		if conns[i] == nil {
			return
		}
		if _, err := io.WriteString(conns[i], "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Errorf("connection %d: %v", i, err)
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(conns[i]), nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("connection %d: %+v, %v", i, resp, err)
			return
		}
		resp.Body.Close()
	}
	each(len(conns), func(i int) {
		conns[i] = dial(t, s)
		call(i)
	})
	opened, bought := time.Since(begin), time.Now()
	if refused := shop(t, at, s, b, "meanwhile"); refused > 0 {
		t.Errorf("%d purchases were refused", refused)
	}
	took, after := time.Since(bought), resident(t, s)
	t.Logf("%d connections opened in %v: %d MiB resident, %d before; %d purchases at once took %v", len(conns), opened.Round(time.Millisecond), after, before, harness.Buyers, took)
	if most := before + 50 + len(conns)*48>>10; after > most {
		t.Errorf("%d connections have the server occupy %d MiB, want at most %d", len(conns), after, most)
	}
	call(0) // the oldest is open still
	at.Settle(t, s, b)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

// slowness is a way to hold a connection up.
type slowness struct {
	hold  func(conn net.Conn) // until conn is closed
	heard string              // what the server says before it closes the connection, from the start; "" for nothing
	most  time.Duration       // that the server may bear it
}

const post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"

var slownesses = map[string]slowness{
	"header byte by byte": {func(conn net.Conn) { trickle(conn, "POST / HTTP/1.1\r\nX-Slow: ") }, "", 25 * time.Second},
	"body byte by byte": {
		func(conn net.Conn) { trickle(conn, post+"Content-Length: 60000\r\n\r\n") }, "HTTP/1.1 408 ", 45 * time.Second,
	},
	"chunks byte by byte": {
		func(conn net.Conn) { trickle(conn, post+"Transfer-Encoding: chunked\r\n\r\nffff\r\n") }, "HTTP/1.1 408 ", 45 * time.Second,
	},
	"a body without an end": {func(conn net.Conn) {
		io.WriteString(conn, post+"Transfer-Encoding: chunked\r\n\r\n")
		chunk := "1000\r\n" + strings.Repeat("x", 0x1000) + "\r\n"
		for err := error(nil); err == nil; {
			_, err = io.WriteString(conn, chunk)
		}
	}, "HTTP/1.1 413 ", 15 * time.Second},
}

// trickle sends a text and then a byte at a time, until the connection is closed.
func trickle(conn net.Conn, text string) {
	_, err := io.WriteString(conn, text)
	for tick := time.Tick(200 * time.Millisecond); err == nil; <-tick {
		_, err = io.WriteString(conn, "x")
	}
}

// TestSlowClients lets many clients block connections. The server ends each of them in time, with an answer if
// possible, and serves others meanwhile.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const clients = 100 // of each kind
	at, b := harness.SandboxSite(t), harness.NewBooks()
	s := at.Start(t)
	shop(t, at, s, b, "before")
	before := resident(t, s)
	var all sync.WaitGroup
	for name, slow := range slownesses {
		for range clients {
			all.Go(func() {
				begin := time.Now()
				conn := dial(t, s)
				if conn == nil {
					return
				}
				defer conn.Close()
				conn.SetReadDeadline(begin.Add(slow.most))
				go slow.hold(conn)
				text, err := io.ReadAll(conn)
				if nerr, ok := err.(net.Error); ok && nerr.Timeout() {
					t.Errorf("%s: it was borne for %v", name, slow.most)
				} else if !strings.HasPrefix(string(text), slow.heard) || slow.heard == "" && len(text) > 0 {
					t.Errorf("%s: it ended after %v with %q, %v, want %q", name, time.Since(begin), text, err, slow.heard)
				}
			})
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		all.Wait()
	}()
	rounds, slowest, most := 0, time.Duration(0), before
	for tick := time.Tick(500 * time.Millisecond); ; <-tick {
		begin := time.Now()
		if refused := shop(t, at, s, b, fmt.Sprint("meanwhile-", rounds)); refused > 0 {
			t.Errorf("%d purchases were refused", refused)
		}
		rounds, slowest, most = rounds+1, max(slowest, time.Since(begin)), max(most, resident(t, s))
		select {
		case <-done:
			t.Logf("%d slow clients; %d rounds of %d purchases at once, the slowest took %v; %d MiB resident at most, %d before",
				len(slownesses)*clients, rounds, harness.Buyers, slowest, most, before)
			if most > before+100 {
				t.Errorf("slow clients had the server occupy %d MiB, %d before", most, before)
			}
			at.Settle(t, s, b)
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

// TestClientsThatNeverRead lets clients send requests without reading answers until the connections are full. They
// cost little and block nobody. With -soak it waits until the server closes their connections, after its time limit
// of a minute for an answer.
func TestClientsThatNeverRead(t *testing.T) {
	t.Parallel()
	const clients = 50
	at, b := harness.SandboxSite(t), harness.NewBooks()
	s := at.Start(t)
	shop(t, at, s, b, "before")
	before := resident(t, s)
	conns := make([]*net.TCPConn, clients)
	each(clients, func(i int) {
		conn, ok := dial(t, s).(*net.TCPConn)
		if !ok || conn.SetReadBuffer(4<<10) != nil || conn.SetWriteBuffer(4<<10) != nil { // as little as the kernel lets it be
			t.Errorf("client %d: no connection", i)
			return
		}
		conns[i] = conn
		if err := ask(conn, 2*time.Second); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("client %d: %v, want it held up", i, err)
		}
	})
	if t.Failed() {
		return
	}
	begin := time.Now()
	if refused := shop(t, at, s, b, "meanwhile"); refused > 0 {
		t.Errorf("%d purchases were refused", refused)
	}
	took, during := time.Since(begin), resident(t, s)
	t.Logf("%d clients; %d purchases at once took %v; %d MiB resident, %d before", clients, harness.Buyers, took, during, before)
	if during > before+100 {
		t.Errorf("clients that read nothing have the server occupy %d MiB, %d before", during, before)
	}
	if *harness.Soak > 0 {
		each(clients, func(i int) {
			if err := ask(conns[i], 3*time.Minute); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("client %d is still connected after %v", i, time.Since(begin))
			}
		})
		t.Logf("all let go after %v", time.Since(begin).Round(time.Second))
	}
	at.Settle(t, s, b)
	s.KillNow(t) // which does not wait for those whom it cannot answer
	at.VerifyOffline(t)
}

// ask sends requests and reads nothing, until the connection fails or no more goes through for so long.
func ask(conn net.Conn, patience time.Duration) (err error) {
	requests := []byte(strings.Repeat("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 100))
	for err == nil {
		if err = conn.SetWriteDeadline(time.Now().Add(patience)); err == nil {
			_, err = conn.Write(requests)
		}
	}
	return err
}

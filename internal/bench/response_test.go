package bench

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readAll(wire string) (statuses []int, bodies []string, err error) {
	r := reader{in: bufio.NewReader(strings.NewReader(wire))}
	for {
		a, err := r.read()
		if err == io.EOF {
			return statuses, bodies, nil
		}
		if err != nil {
			return statuses, bodies, err
		}
		statuses, bodies = append(statuses, a.status), append(bodies, string(a.body))
	}
}

// TestAnswers has several answers on one connection.
func TestAnswers(t *testing.T) {
	t.Parallel()
	statuses, bodies, err := readAll("HTTP/1.1 200 OK\r\nContent-Type: x\r\ncontent-length: 2\r\n\r\n{}" +
		"HTTP/1.1 400 Bad Request\r\nContent-Length:0\r\n\r\n" +
		"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n" +
		"HTTP/1.1 503 \r\nContent-Length: 1\r\n\r\nx")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{200, 400, 204, 200, 503}, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"{}", "", "", "abc0123456789", "x"}, bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]string{
		"another protocol": "SSH-2.0-x\r\n", "HTTP/1.0": "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"no status": "HTTP/1.1 two hundred\r\n\r\n", "short": "HTTP/1.1 2\r\n\r\n", "no length": "HTTP/1.1 200 OK\r\n\r\n",
		"bad length":       "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"negative length":  "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"huge length":      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
		"compressed":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"bad chunk":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"huge chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
		"chunk runs on":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
		"cut in the head":  "HTTP/1.1 200 OK\r\nContent-Le",
		"cut in the body":  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
		"line without end": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20),
	} {
		if statuses, _, err := readAll(wire); err == nil && len(statuses) > 0 {
			t.Errorf("%s: %v and no error", name, statuses)
		}
	}
}

// FuzzRead reads what a server may send. What net/http reads as an answer with a
// length has the same body here.
func FuzzRead(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	f.Fuzz(func(t *testing.T, wire string) {
		r := reader{in: bufio.NewReader(strings.NewReader(wire))}
		got, err := r.read()
		if err != nil {
			return
		}
		response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(wire)), nil)
		if err != nil || response.ContentLength < 0 || response.StatusCode < 200 {
			return // stricter than this one, or of another length
		}
		want, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode == 204 || response.StatusCode == 304 {
			return
		}
		if diff := cmp.Diff(string(want), string(got.body)); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
	})
}

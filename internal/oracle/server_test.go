package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/server"
)

// TestMain has rapid make fewer checks than it would, since each is hundreds of
// requests; -rapid.checks=1000 makes more.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "12"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// wallClock is a wall clock that shows what it was set to.
type wallClock struct{ at atomic.Pointer[time.Time] }

func (c *wallClock) set(at time.Time) { c.at.Store(&at) }

func (c *wallClock) now() time.Time { return *c.at.Load() }

// farm is a whole server, with its wall clock in the test's hands.
type farm struct {
	config server.Config
	server *server.Server
	client *http.Client
	wall   *wallClock
}

// open starts a server; what it knows outlives restarts where data is a folder.
func open(t *testing.T, data string) *farm {
	t.Helper()
	wall := &wallClock{}
	wall.set(start)
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	f := &farm{server.Config{Data: data, Now: wall.now}, nil, &http.Client{Transport: transport}, wall}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := f.server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	f.start(t)
	return f
}

func (f *farm) start(t rapid.TB) {
	t.Helper()
	s, err := server.Start(context.Background(), f.config)
	if err != nil {
		t.Fatal(err)
	}
	f.server = s
}

// restart ends the server and starts another one on the same data. One that
// keeps its data in memory has none to start on, and goes on.
func (f *farm) restart(t rapid.TB) {
	t.Helper()
	if f.config.Data == "" {
		return
	}
	f.client.CloseIdleConnections()
	if err := f.server.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	f.start(t)
}

// do carries out a step, with the ids by which the server knows snapshots. It
// returns the name of the error, if any, and the answer.
func (f *farm) do(t rapid.TB, s step, snapshots []string) (string, any) {
	t.Helper()
	account := "/accounts/" + s.Account
	switch s.Do {
	case setWall:
		at, err := time.Parse(time.RFC3339, s.Body)
		if err != nil {
			t.Fatal(err)
		}
		f.wall.set(at)
		return "", nil
	case restart:
		f.restart(t)
		return "", nil
	case reset:
		wrong, _ := f.operate(t, http.MethodPost, "/reset", "")
		return wrong, nil
	case setCatalog:
		wrong, _ := f.operate(t, http.MethodPut, "/catalog", s.Body)
		return wrong, nil
	case setAccount:
		return f.operate(t, http.MethodPut, account, s.Body)
	case setClock:
		return f.operate(t, http.MethodPut, account+"/clock", s.Body)
	case advanceClock:
		return f.operate(t, http.MethodPost, account+"/clock/advance", s.Body)
	case releaseClock:
		return f.operate(t, http.MethodDelete, account+"/clock", "")
	case takeSnapshot:
		wrong, answer := f.operate(t, http.MethodPost, account+"/snapshots", "")
		return wrong, plainSnapshot(answer)
	case restore:
		return f.restore(t, s, snapshots)
	case bookSession:
		return f.book(t, s)
	}
	return f.call(t, s)
}

func (f *farm) restore(t rapid.TB, s step, snapshots []string) (string, any) {
	t.Helper()
	which, into := restoring(s)
	id, body := "none", ""
	if which < len(snapshots) {
		id = snapshots[which]
	}
	if into != "" {
		body = fmt.Sprintf(`{"into":%q}`, into)
	}
	return f.operate(t, http.MethodPost, "/accounts/"+s.Account+"/snapshots/"+id+"/restore", body)
}

// plainSnapshot leaves of a snapshot what does not depend on hashes.
func plainSnapshot(answer any) any {
	if s, ok := answer.(object); ok {
		return object{"snapshot": s["snapshot"], "entries": s["entries"]}
	}
	return nil
}

// restoring reads the body of a restore.
func restoring(s step) (which int, into string) {
	text, into, _ := strings.Cut(s.Body, " ")
	which, _ = strconv.Atoi(text)
	return which, into
}

// call sends an operation of Device Farm.
func (f *farm) call(t rapid.TB, s step) (string, any) {
	t.Helper()
	r := f.request(t, http.MethodPost, "/", s.Body)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "DeviceFarm_20150623."+s.Do)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.Account+
		"/20260101/us-west-2/devicefarm/aws4_request, SignedHeaders=host, Signature=00")
	if s.Call != "" {
		r.Header.Set("Amz-Sdk-Invocation-Id", s.Call)
	}
	status, header, body := f.send(t, r)
	if status == http.StatusOK {
		body["Slotfarm-Time"] = header.Get("Slotfarm-Time")
		return "", body
	}
	name, _ := body["__type"].(string)
	for wrong, exception := range exceptions {
		if exception == name && status == http.StatusBadRequest {
			return wrong, nil
		}
	}
	return fmt.Sprintf("%d %s: %s", status, name, body["message"]), nil
}

// operate calls the operator API.
func (f *farm) operate(t rapid.TB, method, path, body string) (string, object) {
	t.Helper()
	status, _, answer := f.send(t, f.request(t, method, "/_slotfarm/v1"+path, body))
	if status == http.StatusOK {
		return "", answer
	}
	failure, _ := answer["error"].(map[string]any)
	wrong, _ := failure["code"].(string)
	if wrong == "" || wrong == "Internal" {
		t.Fatalf("%s %s %s: %d %v", method, path, body, status, answer)
	}
	return wrong, nil
}

func (f *farm) request(t rapid.TB, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, f.server.Endpoint()+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// send returns an answer, its body decoded with numbers as they are written.
func (f *farm) send(t rapid.TB, r *http.Request) (int, http.Header, object) {
	t.Helper()
	response, err := f.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var answer object
	if err := decoder.Decode(&answer); err != nil {
		t.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, body)
	}
	return response.StatusCode, response.Header, answer
}

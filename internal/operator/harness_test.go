package operator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Values that the tests share.
const (
	alice   = "111111111111"
	bob     = "222222222222"
	carol   = "333333333333"
	dave    = "444444444444"
	ios     = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	android = "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	unknown = "00000000-0000-0000-0000-000000000000"
)

// wall is what the wall clock shows when a test starts.
var wall = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// farm is the API over a journal, with a clock and ids that are the same every
// time.
type farm struct {
	t       *testing.T
	store   store.Store
	parts   *server.Parts
	faults  *injection.Faults
	handler http.Handler
	wall    time.Time
	ids     atomic.Int64
	log     bytes.Buffer
}

// open returns a farm in memory whose accounts are test accounts.
func open(t *testing.T) *farm {
	t.Helper()
	store, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return openOn(t, store, offering.Default())
}

func openOn(t *testing.T, store store.Store, catalog offering.Catalog) *farm {
	f := &farm{t: t, wall: wall}
	newID := func() string {
		return fmt.Sprintf("id-%d", f.ids.Add(1))
	}
	parts, err := server.NewParts(context.Background(), server.PartsConfig{
		Store: store, Now: func() time.Time { return f.wall }, NewID: newID, Test: true,
		Terms: account.Terms{Catalog: catalog, MaxSlots: 100},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.store, f.parts = store, parts
	f.faults = injection.New(injection.API{HasOperation: devicefarm.HasOperation, Exceptions: devicefarm.Exceptions()})
	f.handler = f.handle(f.config(newID, &f.log))
	return f
}

// config returns what the API is made of over the farm, where everyone may do
// everything and faults can be set.
func (f *farm) config(newID func() string, log io.Writer) operator.Config {
	return operator.Config{
		Web: web.Config{
			Authenticate: web.Anyone, Authorize: web.Everyone, Hosts: web.NewHosts("example.com"), NewID: newID, Log: slog.New(slog.NewTextHandler(log, nil)),
		},
		Accounts: f.parts.Accounts, Orders: f.parts.Orders, Catalog: f.parts.Catalog, Fleet: f.parts.Fleet, Lab: f.parts.Lab, Journals: f.store, Verify: f.parts.Verify,
		Clocks: f.parts.Clocks, Snapshots: f.parts.Snapshots, Seeds: f.parts.Seeds, Faults: f.faults,
	}
}

// handle returns an API that has to be whole.
func (f *farm) handle(c operator.Config) http.Handler {
	f.t.Helper()
	h, err := operator.Handler(c)
	if err != nil {
		f.t.Fatal(err)
	}
	return h
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// problem is the body of an error.
type problem struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// call calls the API; path is that below its prefix.
func (f *farm) call(method, path, body string) answer {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, httptest.NewRequest(method, operator.Prefix+path, strings.NewReader(body)))
	return answer{w.Code, w.Header(), w.Body.String()}
}

// accepted is call, for answers that have to be a success.
func (f *farm) accepted(method, path, body string) string {
	f.t.Helper()
	a := f.call(method, path, body)
	if a.Status != http.StatusOK {
		f.t.Fatalf("%s %s %s: %d %s", method, path, body, a.Status, a.Body)
	}
	return a.Body
}

// decoded is accepted, with the answer decoded into a value.
func (f *farm) decoded(method, path, body string, into any) {
	f.t.Helper()
	decode(f.t, f.accepted(method, path, body), into)
}

// decode decodes JSON whose members into all has.
func decode(t *testing.T, body string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
}

// refused calls the API and checks that it refuses with a status, a code and a
// message that holds a text, in the form of the contract.
func (f *farm) refused(method, path, body string, want refusal) {
	f.t.Helper()
	a := f.call(method, path, body)
	var got problem
	decode(f.t, a.Body, &got)
	if a.Status != want.status || got.Error.Code != want.code || !strings.Contains(got.Error.Message, want.message) {
		f.t.Errorf("%s %s: %d %s, want %d %s with %q", method, path, a.Status, a.Body, want.status, want.code, want.message)
	}
	if a.Header.Get("Content-Type") != "application/json" || a.Header.Get("X-Amzn-Requestid") == "" {
		f.t.Errorf("headers = %v, want JSON and a request id", a.Header)
	}
	for _, leak := range []string{"json:", "jsontext", "Go ", "goroutine", ".go:", "sql", "strconv"} {
		if strings.Contains(got.Error.Message, leak) {
			f.t.Errorf("message %q shows internals (%q)", got.Error.Message, leak)
		}
	}
}

// refusal is what an error has to look like.
type refusal struct {
	status  int
	code    string
	message string // part of it
}

// size is how much all journals hold.
type size struct{ Accounts, Entries int64 }

// size returns how much all journals hold, and checks them.
func (f *farm) size() size {
	f.t.Helper()
	report, err := journal.Verify(context.Background(), f.store)
	if err != nil || report.Wrong != nil {
		f.t.Fatalf("verify: %+v, %v", report, err)
	}
	return size{report.Accounts, report.Entries}
}

// buy and renew are what the account's own API does.
func (f *farm) buy(id account.ID, offeringID string, quantity int) {
	f.t.Helper()
	if _, _, err := f.parts.Orders.Purchase(context.Background(), journal.Caller{Account: id, By: journal.By{Key: "AKID"}}, account.Order{OfferingID: offeringID, Quantity: quantity}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *farm) renew(id account.ID, offeringID string, quantity int) {
	f.t.Helper()
	if _, _, err := f.parts.Orders.Renew(context.Background(), journal.Caller{Account: id, By: journal.By{Key: "AKID"}}, account.Order{OfferingID: offeringID, Quantity: quantity}); err != nil {
		f.t.Fatal(err)
	}
}

// checkGolden compares a text with a file under testdata.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

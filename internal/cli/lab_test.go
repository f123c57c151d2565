package cli_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/web"
)

// TestLabScripts runs the commands on a lab against one with a clock that stands: a
// phone that session-1 has, which session-2 waits for, a browser with two seats,
// and session-0, which has ended.
func TestLabScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/lab", Setup: openLab, UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds:     map[string]func(*testscript.TestScript, bool, []string){"fails": fails},
		Deadline: time.Now().Add(5 * patience), // of all scripts together, which wait for other tests
	})
}

// backends are back-ends that do what they are told.
type backends struct{}

func (backends) Ready(context.Context, fleet.Seat) error                      { return nil }
func (backends) Sessions(context.Context, fleet.Seat) ([]string, bool, error) { return nil, true, nil }
func (backends) Delete(_ context.Context, _ fleet.Seat, _ string) error       { return nil }

// standing is what the clock of the lab shows.
func standing() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }

// phone returns the one phone of the lab.
func phone() device.Device {
	return device.Device{
		Name: "Pixel 8", Manufacturer: "Google", Model: "Pixel 8", Platform: offering.Android, OS: "14", FormFactor: device.Phone,
		Instances: []device.Instance{{UDID: "8A1X0042", Appium: "http://phone.invalid", Host: "rack-1"}},
	}
}

// openLab opens a lab for a script, with its API at $SLOTFARM_ENDPOINT_URL.
func openLab(env *testscript.Env) error {
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	s, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		return err
	}
	env.Defer(func() { s.Close() })
	parts, err := server.NewParts(context.Background(), server.PartsConfig{
		Store: s, Terms: account.Terms{Catalog: offering.Default(), MaxSlots: 10}, Now: standing, NewID: func() string { return "id" }, Test: true,
		Fleet: device.Fleet{
			Devices:  []device.Device{phone()},
			Browsers: []device.Browser{{Name: "chrome", Version: "156", Platform: "linux", WebDriver: "http://browser.invalid", Capacity: 2}},
		},
		Lab: server.LabConfig{Backend: backends{}, Node: "node-1"},
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		parts.Lab.Run(ctx)
	}()
	env.Defer(func() { stop(); <-stopped })
	if err := fill(ctx, s, parts); err != nil {
		return err
	}
	h, err := operator.Handler(operator.Config{
		Web:      web.Config{Authenticate: web.Anyone, Authorize: web.Everyone, NewID: func() string { return "id" }, Log: slog.New(slog.DiscardHandler)},
		Accounts: parts.Accounts, Orders: parts.Orders, Catalog: parts.Catalog, Journals: s, Fleet: parts.Fleet, Lab: parts.Lab,
	})
	if err != nil {
		return err
	}
	api := httptest.NewServer(h)
	env.Defer(api.Close)
	env.Setenv("SLOTFARM_ENDPOINT_URL", api.URL)
	return nil
}

// fill has three sessions in the lab: one that has ended, one that lives and one
// that waits.
func fill(ctx context.Context, s store.Store, parts *server.Parts) error {
	owner := journal.Caller{Account: "111111111111", By: journal.By{Key: "AKID"}}
	_, _, err := parts.Orders.Purchase(ctx, owner, account.Order{OfferingID: "D68B3C05-1BA6-4360-BC69-510F4D3B2A03", Quantity: 1})
	if err != nil {
		return err
	}
	steps := []func() (lease.Session, error){
		func() (lease.Session, error) {
			return parts.Lab.Enqueue(ctx, request("session-0", owner.Account), store.Document{})
		},
		func() (lease.Session, error) {
			return parts.Lab.End(ctx, "session-0", lease.Stopped, "Its owner stopped it.")
		},
		func() (lease.Session, error) {
			return parts.Lab.Enqueue(ctx, request("session-1", owner.Account), store.Document{})
		},
		func() (lease.Session, error) {
			return parts.Lab.Enqueue(ctx, request("session-2", owner.Account), store.Document{})
		},
	}
	settled := []string{"held running", "ready ended booked", "held running", "held waiting"}
	for n, step := range steps {
		session, err := step()
		if err == nil {
			err = until(ctx, s, func() bool { return now(ctx, parts, session.ID) == settled[n] })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// request returns what asks for a session on the phone.
func request(id string, owner account.ID) lease.Session {
	return lease.Session{
		ID: id, Account: owner, Kind: account.RemoteAccess, Platform: offering.Android, Method: account.Unmetered,
		Project: "project", Units: []string{phone().ID()}, Nonce: "hush", Limits: lease.Limits{Idle: time.Hour, Max: time.Hour, Wait: time.Hour},
	}
}

// now returns how the phone and a session are.
func now(ctx context.Context, parts *server.Parts, id string) string {
	i, err := parts.Lab.Instance(ctx, phone().Instances[0].UDID)
	if err != nil {
		return err.Error()
	}
	s, err := parts.Lab.Session(ctx, id)
	if err != nil {
		return err.Error()
	}
	text := string(i.Phase) + " " + string(s.Stage())
	if s.Booked != nil {
		text += " booked"
	}
	return text
}

// until waits for a condition, which is looked at again whenever documents change.
func until(ctx context.Context, s store.Store, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for range s.Changed(ctx, "") {
		if ok() {
			return nil
		}
	}
	return errors.New("the lab did not get ready")
}

package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	rules "github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/money"
	platforms "github.com/slotfarm/slotfarm/internal/offering"
)

// bookSession is a step: no client does it, but the server itself.
const bookSession = "book a session"

// use is a session that has ended, as the body of a step has it.
type use struct {
	ID     string
	Kind   string
	Ms     int64
	Method string
	Rate   int64 // thousandths of a cent a minute
	Faulty bool
}

// booked is a session in the books of an account.
type booked struct {
	use
	at    time.Time
	trial int64    // milliseconds that the trial paid for
	exact *big.Rat // in cents
	cost  int64    // in cents
}

// booking is a session that was booked, to be told from others.
type booking struct {
	id, body string
	entry    int
}

// platform is what sessions of a kind run on, in these tests.
func (u use) platform() string {
	return map[string]string{"remote-access": "ANDROID", "job": "IOS"}[u.Kind]
}

// title is what a statement calls sessions of a kind.
func (u use) title() string {
	return map[string]string{"remote-access": "Remote access on Android", "job": "Jobs on iOS", "test-grid": "Test grid"}[u.Kind]
}

func (u use) paid() bool { return u.Method == "METERED" && !u.Faulty }

// trialMs is how long everyone may try devices.
const trialMs = 1000 * 60_000

// book enters a session into the books of an account.
func (w *world) book(s step) (string, func() any) {
	var u use
	if json.Unmarshal([]byte(s.Body), &u) != nil {
		return malformed, nil
	}
	a, opened := w.accounts[s.Account]
	if !opened {
		return notFound, nil
	}
	w.catchUp(a, w.now(a))
	for _, b := range a.bookings {
		if b.id == u.ID {
			if b.body != s.Body {
				return badArgument, nil
			}
			return "", func() any { return object{"entry": number(b.entry)} }
		}
	}
	if u.title() == "" {
		return badArgument, nil
	}
	one := a.charge(u, w.now(a))
	a.sessions = append(a.sessions, one)
	a.enter(one.at)
	b := booking{u.ID, s.Body, a.entries}
	a.bookings = append(a.bookings, b)
	return "", func() any { return object{"entry": number(b.entry)} }
}

// charge says what a session comes to at an instant.
func (a *account) charge(u use, at time.Time) booked {
	one, before, tried := booked{use: u, at: at, exact: new(big.Rat)}, new(big.Rat), int64(0)
	for _, b := range a.sessions {
		tried += b.trial
		if b.at.Format("2006-01") == at.Format("2006-01") && (b.Kind == "test-grid") == (u.Kind == "test-grid") {
			before.Add(before, b.exact)
		}
	}
	if !u.paid() {
		return one
	}
	if u.Kind != "test-grid" {
		one.trial = min(u.Ms, trialMs-tried)
	}
	one.exact.Mul(big.NewRat(u.Rate, 1000), big.NewRat(u.Ms-one.trial, 60_000))
	one.cost = nearest(new(big.Rat).Add(before, one.exact)) - nearest(before)
	return one
}

// nearest rounds half-up to whole numbers.
func nearest(n *big.Rat) int64 { return halfUp(n, 1).Num().Int64() }

// hundredths writes milliseconds as minutes with two decimals.
func hundredths(ms int64) json.Number {
	return json.Number(halfUp(big.NewRat(ms, 60_000), 100).FloatString(2))
}

// trialLeft writes what is left of the trial.
func (a *account) trialLeft() json.Number {
	left := int64(trialMs)
	for _, b := range a.sessions {
		left -= b.trial
	}
	return json.Number(strings.TrimSuffix(string(hundredths(left)), "0"))
}

// sessionLines are the lines of a statement for the sessions of a month, in the
// order of their first ones, and what they cost.
func (a *account) sessionLines(month time.Time) (lines []line, total int64) {
	var groups [][]booked
	for _, b := range a.sessions {
		if b.at.Year() != month.Year() || b.at.Month() != month.Month() {
			continue
		}
		total += b.cost
		i := slices.IndexFunc(groups, func(g []booked) bool { return g[0].alike(b) })
		if i < 0 {
			groups, i = append(groups, nil), len(groups)
		}
		groups[i] = append(groups[i], b)
	}
	for _, g := range groups {
		lines = append(lines, line{g[0].at, showSessions(g)})
	}
	return lines, total
}

// alike reports whether two sessions stand in one line.
func (b booked) alike(o booked) bool {
	return b.Kind == o.Kind && b.Method == o.Method && b.Faulty == o.Faulty && (b.Rate == o.Rate || !b.paid())
}

// line is one of a statement.
type line struct {
	at    time.Time
	shown object
}

// showSessions is the line of sessions that are alike.
func showSessions(g []booked) object {
	var ms, trial, cost int64
	for _, b := range g {
		ms, trial, cost = ms+b.Ms, trial+b.trial, cost+b.cost
	}
	of := object{"kind": g[0].Kind, "billingMethod": g[0].Method, "minutes": hundredths(ms)}
	if p := g[0].platform(); p != "" {
		of["platform"] = p
	}
	if g[0].Faulty {
		of["faulty"] = true
	}
	if trial > 0 {
		of["trialMinutes"] = hundredths(trial)
	}
	if g[0].paid() {
		price := strings.TrimRight(big.NewRat(g[0].Rate, 100_000).FloatString(5), "0")
		if strings.HasSuffix(price, ".") {
			price += "0"
		}
		of["minutePrice"] = json.Number(price)
	}
	return object{
		"date": stamp(g[0].at), "kind": "session", "offeringId": "", "description": g[0].title(), "quantity": number(len(g)),
		"transactionId": "", "promotions": list{}, "cents": number(int(cost)), "sessions": of,
	}
}

// book has the server book a session, as its own parts do.
func (f *farm) book(t rapid.TB, s step) (string, any) {
	t.Helper()
	var u use
	if err := json.Unmarshal([]byte(s.Body), &u); err != nil {
		t.Fatal(err)
	}
	began := start.AddDate(-1, 0, 0)
	caller := journal.Caller{Account: rules.ID(s.Account), By: journal.By{Key: "lab"}}
	place, err := f.server.Parts().Accounts.Book(context.Background(), caller, rules.Session{
		ID: u.ID, Kind: rules.SessionKind(u.Kind), Device: "device", Platform: platforms.Platform(u.platform()),
		Began: began, Ended: began.Add(time.Duration(u.Ms) * time.Millisecond),
		Method: rules.BillingMethod(u.Method), Rate: money.Rate(u.Rate), Faulty: u.Faulty,
	})
	switch {
	case err == nil:
		return "", object{"entry": number(int(place.Seq))}
	case fault.KindOf(err) == fault.NotFound:
		return notFound, nil
	case fault.KindOf(err) == fault.Argument:
		return badArgument, nil
	}
	t.Fatal(err)
	return "", nil
}

// session draws the body of a step that books one. Few ids make for repeats.
func (d drawer) session() string {
	id := d.one("session", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p")
	ms := rapid.SampledFrom([]int64{0, 1, 999, 30_000, 61_234, 3_600_000, 24_000_000, 59_999_999}).Draw(d.t, "ms")
	body, err := json.Marshal(use{
		ID: id, Kind: d.one("kind", "remote-access", "remote-access", "job", "test-grid", "test-grid", "phone"), Ms: ms,
		Method: d.one("method", "METERED", "METERED", "METERED", "UNMETERED"), Rate: rapid.SampledFrom([]int64{17_000, 17_000, 500, 333}).Draw(d.t, "rate"),
		Faulty: rapid.IntRange(0, 7).Draw(d.t, "faulty") == 7,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(body)
}

// ended is a step that books a session of a whole minute on a device or browser.
func ended(account, id, kind string, minutes int) step {
	rate := map[string]int{"test-grid": 500}[kind]
	if rate == 0 {
		rate = 17_000
	}
	return step{Do: bookSession, Account: account, Body: fmt.Sprintf(`{"ID":%q,"Kind":%q,"Ms":%d,"Method":"METERED","Rate":%d}`, id, kind, 60_000*minutes, rate)}
}

// TestReplaySessions plays sessions that matter by themselves.
func TestReplaySessions(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	alice := accounts[0]
	for name, steps := range map[string][]step{
		"sessions are charged by the exact sum of their month, after the trial": {
			{setAccount, alice, "", `{}`},
			ended(alice, "a", "remote-access", 999), ended(alice, "b", "test-grid", 1), ended(alice, "c", "test-grid", 1),
			ended(alice, "d", "job", 3), ended(alice, "d", "job", 3), ended(alice, "d", "job", 4),
			{setWall, "", "", "2027-12-01T00:00:00Z"},
			ended(alice, "e", "test-grid", 1), ended(alice, "f", "job", 1),
		},
		"a session that a restore took back can be booked again": {
			{setAccount, alice, "", `{}`},
			{takeSnapshot, alice, "", ""},
			ended(alice, "a", "remote-access", 1), {takeSnapshot, alice, "", ""},
			{restore, alice, "", "1 222222222222"},
			ended(accounts[1], "a", "remote-access", 2),
			{restore, alice, "", "0"},
			ended(alice, "a", "remote-access", 2), {setClock, alice, "", `{"now":"2000-01-01T00:00:00Z"}`},
		},
		"sessions cross a boundary that nobody looked at": {
			{"PurchaseOffering", alice, "", `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`},
			ended(alice, "a", "test-grid", 1),
			{setAccount, alice, "", `{"status":"SUSPENDED"}`},
			{setWall, "", unseen, "2028-03-15T00:00:00Z"},
			ended(alice, "b", "test-grid", 1), ended(alice, "a", "test-grid", 1),
		},
	} {
		t.Run(name, func(t *testing.T) { agree(t, f, steps) })
	}
}

package account_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/manifest"
)

// life is an account that somebody used: its state, every event so far, and the
// wall clock.
type life struct {
	state  account.State
	events []account.Event
	terms  account.Terms
	wall   time.Time
}

// drawLife draws an account that buys and renews, has its settings changed, and
// its clock moved back and forth. Commands that are refused change nothing.
func drawLife(t *rapid.T) *life {
	l := &life{wall: instant("2027-11-03T07:08:09.123Z"), terms: account.Terms{Catalog: drawCatalog(t), MaxSlots: 12}}
	l.add([]account.Event{account.Open(account.Opening{Seed: "seed", Test: rapid.IntRange(0, 9).Draw(t, "ordinary") > 0}, l.wall)}, nil)
	for range rapid.IntRange(0, 25).Draw(t, "commands") {
		l.wall = l.wall.Add(time.Duration(rapid.IntRange(0, 20*24*3600*1000).Draw(t, "pause")) * time.Millisecond)
		l.roll()
		l.command(t)
	}
	l.roll()
	return l
}

func (l *life) add(events []account.Event, err error) {
	if err != nil {
		return
	}
	for _, e := range events {
		l.state = account.Apply(l.state, e)
		l.events = append(l.events, e)
	}
}

func (l *life) one(e account.Event, err error) { l.add([]account.Event{e}, err) }

func (l *life) now() time.Time { return l.state.Now(l.wall) }

func (l *life) roll() { l.add(l.state.Roll(l.terms, l.now())) }

func (l *life) command(t *rapid.T) {
	order := account.Order{
		OfferingID: rapid.SampledFrom([]string{ios, android, androidRemote}).Draw(t, "offering"),
		Quantity:   rapid.IntRange(0, 8).Draw(t, "quantity"),
	}
	switch rapid.IntRange(0, 11).Draw(t, "command") {
	case 0, 1, 2:
		order.PromotionID = rapid.SampledFrom([]string{"", promotion, "SECOND"}).Draw(t, "promotion")
		l.one(l.state.Purchase(order, l.terms, l.now()))
	case 3, 4:
		l.one(l.state.Renew(order, l.terms, l.now()))
	case 5:
		limits := []account.Limit{{OfferingID: order.OfferingID, Max: rapid.IntRange(0, 30).Draw(t, "limit")}}
		l.one(l.state.Configure(account.Settings{Limits: limits}, l.terms, l.now()))
	case 6:
		status := rapid.SampledFrom([]account.Status{account.Active, account.Active, account.Suspended, account.Ineligible}).Draw(t, "status")
		l.one(l.state.Configure(account.Settings{Status: &status}, l.terms, l.now()))
	case 7:
		test := rapid.Bool().Draw(t, "test")
		l.one(l.state.Configure(account.Settings{Test: &test}, l.terms, l.now()))
	case 8:
		to := l.now().AddDate(0, rapid.IntRange(-30, 8).Draw(t, "months"), 3)
		l.add(l.state.Freeze(to, l.terms, l.now()))
	case 9:
		l.add(l.state.Release(l.wall, l.terms, l.now()))
	case 11:
		l.one(l.state.Credit(account.Credit{Amount: account.Cents(rapid.IntRange(0, 500).Draw(t, "cents")), Reason: "an outage"}, l.now()))
	case 10:
		cancel := account.Cancellation{OfferingID: order.OfferingID, Held: rapid.Bool().Draw(t, "held")}
		l.one(l.state.Cancel(cancel, l.terms, l.now()))
	}
}

// outcome is what of an account has to be the same when its history is played
// again: all but when it was opened, and the ids of transactions.
type outcome struct {
	Transactions []account.Transaction
	State        account.State
}

func outcomeOf(events []account.Event) outcome {
	var o outcome
	for _, e := range events {
		o.State = account.Apply(o.State, e)
		for _, t := range e.Transactions {
			t.ID = ""
			o.Transactions = append(o.Transactions, t)
		}
	}
	o.State.Seed, o.State.At = "", time.Time{}
	o.State.Holdings = slices.Clone(o.State.Holdings)
	for i, h := range o.State.Holdings {
		if h.Next != nil {
			o.State.Holdings[i].Next = &account.Renewal{Quantity: h.Next.Quantity, Cost: h.Next.Cost}
		}
	}
	return o
}

func TestScriptsGiveTheSameAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		want := outcomeOf(l.events)
		script := account.ScriptOf(l.events)
		for name, script := range map[string]account.Script{"direct": script, "JSON": throughDocument(t, script, inJSON), "YAML": throughDocument(t, script, inYAML)} {
			events, err := script.Events(account.Opening{Seed: "another"}, l.terms, l.wall)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, outcomeOf(events), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
			checkCharges(t, events)
		}
	})
}

// throughDocument writes a script as a seed and reads it back.
func throughDocument(t *rapid.T, s account.Script, in func(*rapid.T, []byte) []byte) account.Script {
	body, err := manifest.FormatSeed(manifest.Seed{Accounts: []manifest.SeedAccount{{ID: "000000000000", Script: s}}})
	if err != nil {
		t.Fatal(err)
	}
	seed, err := manifest.ParseSeed(in(t, body))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return seed.Accounts[0].Script
}

func inJSON(_ *rapid.T, body []byte) []byte { return body }

// inYAML writes a JSON document as people write YAML: in blocks, quoted where
// it has to be.
func inYAML(t *rapid.T, body []byte) []byte {
	var root yaml.Node
	if err := yaml.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	var plain func(*yaml.Node)
	plain = func(n *yaml.Node) {
		n.Style = 0
		for _, child := range n.Content {
			plain(child)
		}
	}
	plain(&root)
	out, err := yaml.Marshal(&root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkCharges fails unless each charge names a transaction that came before it
// or with it, and no two transactions have one id.
func checkCharges(t *rapid.T, events []account.Event) {
	ids := map[string]bool{"": true}
	for _, e := range events {
		for _, made := range e.Transactions {
			if ids[made.ID] {
				t.Fatalf("transaction id %q is there twice or empty", made.ID)
			}
			ids[made.ID] = true
		}
		for _, c := range e.Charges {
			if c.TransactionID == "" || !ids[c.TransactionID] {
				t.Fatalf("the charge at %v names transaction %q", e.At, c.TransactionID)
			}
		}
	}
}

// TestForksGoOnLikeTheOriginal forks an account and has both live on.
func TestForksGoOnLikeTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLife(t)
		before := stored(t, l.events)
		forked := account.Fork(l.events, "fork")
		if diff := cmp.Diff(before, stored(t, l.events)); diff != "" {
			t.Fatalf("forking changed the original:\n%s", diff)
		}
		ids := map[string]bool{}
		for _, e := range l.events {
			for _, made := range e.Transactions {
				ids[made.ID] = true
			}
		}
		other := &life{terms: l.terms, wall: l.wall}
		other.add(forked, nil)
		if other.state.Seed != "fork" {
			t.Fatalf("seed = %q", other.state.Seed)
		}
		l.goOn()
		other.goOn()
		for _, e := range other.events {
			for _, made := range e.Transactions {
				if ids[made.ID] {
					t.Fatalf("transaction %q has the id that it has in the original", made.ID)
				}
			}
		}
		checkCharges(t, other.events)
		if diff := cmp.Diff(outcomeOf(l.events), outcomeOf(other.events)); diff != "" {
			t.Fatalf("the fork went on otherwise (-original +fork):\n%s", diff)
		}
	})
}

// goOn has an account buy, renew and cross boundaries.
func (l *life) goOn() {
	for _, o := range []account.Order{{OfferingID: ios, Quantity: 1}, {OfferingID: android, Quantity: 2, PromotionID: "SECOND"}} {
		l.one(l.state.Purchase(o, l.terms, l.now()))
		l.one(l.state.Renew(account.Order{OfferingID: o.OfferingID, Quantity: 1}, l.terms, l.now()))
		l.add(l.state.Freeze(l.now().AddDate(0, 5, 0), l.terms, l.now()))
	}
}

func at(text string) *time.Time {
	t := instant(text)
	return &t
}

// TestScriptEnds has scripts end where their own clock, that of the server, or
// the wall clock stands.
func TestScriptEnds(t *testing.T) {
	wall := instant("2026-05-10T00:00:00Z")
	berlin := instant("2026-03-10T12:00:00.123456789+01:00")
	buy := account.Step{Path: "buy", Purchase: &account.Order{OfferingID: ios, Quantity: 1}}
	early := buy
	early.At = at("2026-02-10T00:00:00Z")
	for _, tt := range []struct {
		name   string
		script account.Script
		frozen *time.Time
		end    string
		stands bool
		count  int // transactions
	}{
		{"wall clock", account.Script{Test: true, Steps: []account.Step{buy}}, nil, "2026-05-10T00:00:00Z", false, 1},
		{"wall clock after boundaries", account.Script{Test: true, Steps: []account.Step{early}}, nil, "2026-05-01T00:00:00Z", false, 4},
		{"server's clock", account.Script{Test: true, Steps: []account.Step{early, buy}}, &berlin, "2026-03-10T11:00:00.123Z", true, 3},
		{"own clock", account.Script{Test: true, Now: at("2027-01-01T00:00:00Z"), Steps: []account.Step{early}}, &berlin, "2027-01-01T00:00:00Z", true, 12},
		{"own clock without steps", account.Script{Test: true, Now: at("1970-01-01T00:00:00Z")}, nil, "1970-01-01T00:00:00Z", true, 0},
		{"ordinary account", account.Script{Steps: []account.Step{buy}}, nil, "2026-05-10T00:00:00Z", false, 1},
		{"ordinary account, server's clock", account.Script{Steps: []account.Step{buy}}, &berlin, "2026-05-10T00:00:00Z", false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := tt.script.Events(account.Opening{Seed: "seed", Test: true, Frozen: tt.frozen}, terms, wall)
			if err != nil {
				t.Fatal(err)
			}
			var s account.State
			for _, e := range events {
				if e.At.Before(s.At) || e.At.Location() != time.UTC {
					t.Errorf("%s at %v, after %v", e.Kind, e.At, s.At)
				}
				s = account.Apply(s, e)
			}
			if !s.At.Equal(instant(tt.end)) || (s.Frozen != nil) != tt.stands || s.Transactions != tt.count || s.Test != tt.script.Test {
				t.Errorf("at %v, frozen %v, %d transactions, test %t; want %s, %t, %d, %t",
					s.At, s.Frozen, s.Transactions, s.Test, tt.end, tt.stands, tt.count, tt.script.Test)
			}
		})
	}
}

// TestScriptRefusals has scripts break a rule, each of which names the step.
func TestScriptRefusals(t *testing.T) {
	wall := instant("2026-05-10T00:00:00Z")
	buy := func(at *time.Time, o account.Order) account.Step {
		return account.Step{Path: "steps[1]", At: at, Purchase: &o}
	}
	one := account.Order{OfferingID: ios, Quantity: 1}
	closed := account.Status("CLOSED")
	suspended := account.Suspended
	first := account.Step{Path: "steps[0]", At: at("2026-02-10T00:00:00Z"), Purchase: &one}
	for _, tt := range []struct {
		name   string
		script account.Script
		kind   fault.Kind
		want   string
	}{
		{"after the end", account.Script{Steps: []account.Step{buy(at("2026-05-10T00:00:00.001Z"), one)}}, fault.Argument,
			"steps[1]: 2026-05-10T00:00:00.001Z is after the account's own time, 2026-05-10T00:00:00Z"},
		{"after its own clock", account.Script{Test: true, Now: at("2026-02-28T00:00:00Z"), Steps: []account.Step{first, buy(at("2026-03-01T00:00:00Z"), one)}},
			fault.Argument, "steps[1]: 2026-03-01T00:00:00Z is after"},
		{"out of order", account.Script{Steps: []account.Step{first, buy(at("2026-02-09T00:00:00Z"), one)}}, fault.Argument,
			"steps[1]: 2026-02-09T00:00:00Z is before the step that comes first, at 2026-02-10T00:00:00Z"},
		{"before 1970", account.Script{Steps: []account.Step{buy(at("1969-12-31T23:59:59Z"), one)}}, fault.Argument, "steps[1]: the clock cannot show 1969"},
		{"clock before 1970", account.Script{Path: "acc", Test: true, Now: at("1969-12-31T23:59:59Z")}, fault.Argument, "acc.now: the clock cannot show 1969"},
		{"clock of an ordinary account", account.Script{Path: "acc", Now: at("2026-01-01T00:00:00Z")}, fault.NotEligible, "acc.now: this is not a test account"},
		{"limit", account.Script{Steps: []account.Step{first, buy(nil, account.Order{OfferingID: ios, Quantity: 10})}}, fault.LimitExceeded, "steps[1]: quantity 10 would make 11"},
		{"own limit", account.Script{Limits: []account.Limit{{OfferingID: ios}}, Steps: []account.Step{first}}, fault.LimitExceeded, "steps[0]: quantity 1 would make 1"},
		{"limit of nothing", account.Script{Path: "acc", Limits: []account.Limit{{OfferingID: "x"}}}, fault.NotFound, `acc.maxSlots: There is no offering with the id "x"`},
		{"limit negative", account.Script{Path: "acc", Limits: []account.Limit{{OfferingID: ios, Max: -1}}}, fault.Argument, "acc.maxSlots: maxSlots -1"},
		{"no offering", account.Script{Steps: []account.Step{buy(nil, account.Order{OfferingID: androidRemote + "x", Quantity: 1})}}, fault.NotFound, "steps[1]: There is no offering"},
		{"promotion twice", account.Script{Steps: []account.Step{buy(nil, account.Order{OfferingID: ios, Quantity: 1, PromotionID: promotion}),
			buy(nil, account.Order{OfferingID: ios, Quantity: 1, PromotionID: promotion})}}, fault.NotEligible, "was already used by this account"},
		{"status", account.Script{Path: "acc", Status: &closed, Steps: []account.Step{first}}, fault.Argument, `acc.status: status "CLOSED" is unknown`},
		{"suspended", account.Script{Steps: []account.Step{{Path: "steps[0]", At: first.At, Set: &account.Settings{Status: &suspended}}, buy(nil, one)}},
			fault.ServiceAccount, "steps[1]: This account is suspended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, err := tt.script.Events(account.Opening{Seed: "seed"}, terms, wall)
			wantKind(t, err, tt.kind, tt.want)
			if events != nil {
				t.Errorf("%d events beside the error", len(events))
			}
		})
	}
}

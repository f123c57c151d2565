package oracle

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// match plays steps against the model and a server, and looks at both after
// each of them.
type match struct {
	t     rapid.TB
	farm  *farm
	world *world
	seen  map[string]time.Time // when accounts were looked at, by their own time
	done  []step
}

// start is what the wall clock shows unless steps set it.
var start = time.Date(2027, 11, 3, 7, 8, 9, 123_000_000, time.UTC)

// begin forgets what the server knew.
func begin(t rapid.TB, f *farm) *match {
	f.wall.set(start)
	m := &match{t: t, farm: f, world: &world{wall: start}, seen: map[string]time.Time{}}
	m.do(step{Do: reset})
	return m
}

// agree plays steps from the beginning.
func agree(t rapid.TB, f *farm, steps []step) {
	m := begin(t, f)
	for _, s := range steps {
		m.do(s)
	}
	m.end()
}

// do plays a step and compares.
func (m *match) do(s step) {
	m.done = append(m.done, s)
	var snapshots []string
	if a := m.world.accounts[s.Account]; a != nil {
		for _, taken := range a.snapshots {
			snapshots = append(snapshots, taken.id)
		}
	}
	gotWrong, got := m.farm.do(m.t, s, snapshots)
	wantWrong, show := m.world.do(s)
	m.compare("the error of "+s.Do, wantWrong, gotWrong)
	if s.Do == takeSnapshot && wantWrong == "" {
		taken := m.world.accounts[s.Account].snapshots
		taken[len(taken)-1].id, _ = got.(object)["snapshot"].(string)
	}
	m.learn()
	if wantWrong == "" && show != nil {
		m.compare("the answer to "+s.Do, show(), got)
	}
	if s.Call == unseen {
		return
	}
	for _, id := range accounts {
		if _, into := restoring(s); s.Account == "" || s.Account == id || into == id {
			m.look(id)
		}
	}
}

// compare fails with the steps as a test.
func (m *match) compare(what string, want, got any) {
	m.t.Helper()
	if !reflect.DeepEqual(want, got) { // many times faster than cmp
		m.t.Fatalf("%s (-model +server):\n%s\n%s", what, gocmp.Diff(want, got), source(m.done[1:]))
	}
}

// learn takes the ids that the server gave to transactions. What was learned
// before stays, so an id that changes shows in the lists.
func (m *match) learn() {
	for id, a := range m.world.accounts {
		for slices.ContainsFunc(a.transactions, func(t transaction) bool { return t.id == "" }) {
			_, answer := m.farm.operate(m.t, http.MethodGet, fmt.Sprintf("/accounts/%s/journal?limit=1000&after=%d", id, a.learned), "")
			entries, _ := answer["entries"].(list)
			n := a.learn(entries)
			if n == 0 {
				break
			}
			a.learned += n
		}
	}
}

// learn takes the ids of an account's next transactions from its journal, and
// returns from how many entries: those that the model has not come to yet wait.
func (a *account) learn(entries list) int {
	next := slices.IndexFunc(a.transactions, func(t transaction) bool { return t.id == "" })
	for i, entry := range entries {
		event, _ := entry.(object)["event"].(object)
		made, _ := event["transactions"].(list)
		if next+len(made) > len(a.transactions) {
			return i
		}
		for _, t := range made {
			a.transactions[next].id, _ = t.(object)["id"].(string)
			next++
		}
	}
	return len(entries)
}

// look compares everything that can be seen of an account.
func (m *match) look(id string) {
	m.t.Helper()
	a := m.world.known(id)
	if m.world.accounts[id] == nil {
		wrong, _ := m.farm.operate(m.t, http.MethodGet, "/accounts/"+id, "")
		m.compare("the error of an account that was never opened", notFound, wrong)
	} else {
		m.lookAsOperator(id, a)
	}
	for operation, show := range map[string]func() object{
		"GetOfferingStatus":      func() object { return m.world.showStatus(a) },
		"ListOfferings":          func() object { return m.world.showOfferings(a) },
		"ListOfferingPromotions": func() object { return m.world.showPromotions(a) },
		"GetAccountSettings":     func() object { return m.world.showSettings(id, a) },
	} {
		wrong, got := m.farm.call(m.t, step{Do: operation, Account: id, Body: "{}"})
		m.compareRead(operation, a, show, wrong, got)
	}
	wrong, got := m.transactions(id)
	m.compareRead("ListOfferingTransactions", a, func() object { return m.world.showTransactions(a) }, wrong, got)
}

// compareRead compares an answer that an account may have to be eligible for.
func (m *match) compareRead(operation string, a *account, show func() object, wrong string, got any) {
	m.t.Helper()
	if a.status == "INELIGIBLE" && operation != "GetAccountSettings" {
		m.compare("the error of "+operation, notEligible, wrong)
		return
	}
	want := show()
	want["Slotfarm-Time"] = m.world.showTime(a)
	m.compare("the error of "+operation, "", wrong)
	m.compare(operation, want, got)
}

// transactions returns all pages of ListOfferingTransactions as one.
func (m *match) transactions(id string) (string, any) {
	var all list
	for body := "{}"; ; {
		wrong, answer := m.farm.call(m.t, step{Do: "ListOfferingTransactions", Account: id, Body: body})
		if wrong != "" {
			return wrong, nil
		}
		page := answer.(object)
		items, _ := page["offeringTransactions"].(list)
		all = append(all, items...)
		token, more := page["nextToken"]
		if !more {
			page["offeringTransactions"] = append(list{}, all...)
			return "", page
		}
		body = fmt.Sprintf(`{"nextToken":%q}`, token)
	}
}

// lookAsOperator compares what operators see of an account: itself, its
// snapshots, quotes, and the statements of the months since the last look.
func (m *match) lookAsOperator(id string, a *account) {
	m.t.Helper()
	_, got := m.farm.operate(m.t, http.MethodGet, "/accounts/"+id, "")
	m.compare("the account", m.world.showAccount(id, a), got)
	m.learn()
	m.compareSnapshots(id, a)
	for _, o := range []order{{ios, 3, ""}, {androidRemote, 7, "2FREEMONTHS"}} {
		wantWrong, want := m.world.showQuote(a, o)
		wrong, got := m.farm.operate(m.t, http.MethodPost, "/accounts/"+id+"/quote",
			fmt.Sprintf(`{"offeringId":%q,"quantity":%d,"offeringPromotionId":%q}`, o.offering, o.quantity, o.promotion))
		m.compare("the error of a quote", wantWrong, wrong)
		m.compare("a quote", want, got)
	}
	now := m.world.now(a)
	from, looked := m.seen[id]
	if !looked || from.After(now) || from.Before(now.AddDate(-2, 0, 0)) {
		from = now
	}
	m.seen[id] = now
	m.statements(id, a, from, now.AddDate(0, 1, 0))
}

func (m *match) compareSnapshots(id string, a *account) {
	m.t.Helper()
	_, answer := m.farm.operate(m.t, http.MethodGet, "/accounts/"+id+"/snapshots", "")
	want, got := list{}, list{}
	for _, s := range a.snapshots {
		want = append(want, m.world.showSnapshot(s))
	}
	taken, _ := answer["snapshots"].(list)
	for _, s := range taken {
		got = append(got, plainSnapshot(s))
	}
	m.compare("the snapshots", byID(want), byID(got))
}

// byID orders snapshots by their ids: two of one entry and one instant have no
// order of their own.
func byID(snapshots list) list {
	return slices.SortedFunc(slices.Values(snapshots), func(a, b any) int {
		return strings.Compare(a.(object)["snapshot"].(string), b.(object)["snapshot"].(string))
	})
}

// statements compares the statements of the months from an instant's to
// another's.
func (m *match) statements(id string, a *account, from, to time.Time) {
	m.t.Helper()
	month := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	for ; !month.After(to) && month.Year() <= 9999; month = nextMonth(month) {
		period := month.Format("2006-01")
		wantWrong, want := m.world.showStatement(id, a, month)
		wrong, got := m.farm.operate(m.t, http.MethodGet, "/accounts/"+id+"/statement?period="+period, "")
		m.compare("the error of the statement of "+period, wantWrong, wrong)
		m.compare("the statement of "+period, want, withoutWhy(got))
	}
}

// withoutWhy leaves out of a statement what it says in words.
func withoutWhy(statement object) object {
	lines, _ := statement["lines"].(list)
	for _, l := range lines {
		delete(l.(object), "why")
	}
	return statement
}

// end looks once more at everything, compares the statements of all months in
// which something was charged, and has the server verify its journals.
func (m *match) end() {
	m.t.Helper()
	for _, id := range accounts {
		m.look(id)
	}
	ids := map[string]bool{"": true}
	entries := 0
	for id, a := range m.world.accounts {
		entries += a.entries
		for _, t := range a.transactions {
			if ids[t.id] {
				m.t.Fatalf("the transaction id %q is there twice\n%s", t.id, source(m.done[1:]))
			}
			ids[t.id] = true
		}
		looked := map[string]bool{}
		for _, c := range a.charges {
			if month := c.at.Format("2006-01"); !looked[month] {
				looked[month] = true
				m.statements(id, a, c.at, c.at)
			}
		}
	}
	_, got := m.farm.operate(m.t, http.MethodGet, "/verify", "")
	want := object{"accounts": number(len(m.world.accounts)), "entries": number(entries), "ok": true}
	delete(got, "documents") // those of a sandbox, which nothing vouches for
	m.compare("verify", want, got)
}

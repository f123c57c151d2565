package oracle

import (
	"encoding/json"
	"fmt"
	"go/format"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// accounts are those that steps are about.
var accounts = []string{"111111111111", "222222222222"}

// bases are instants around which time has corners: leap days that are there
// and that are not, the ends of years and centuries, and a time of ours.
var bases = []string{
	"2000-02-28T12:00:00Z", "2023-12-31T23:59:59.999Z", "2024-01-31T06:00:00.5Z", "2027-11-03T07:08:09.123Z",
	"1999-12-30T00:00:00Z", "2100-01-30T23:00:00Z", "2099-12-31T23:59:59.999Z", "1970-01-31T00:00:00Z", "9996-01-31T00:00:00Z",
}

// drawer draws steps around an instant.
type drawer struct {
	t    *rapid.T
	base time.Time
}

func (d drawer) one(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(d.t, label)
}

// instant draws an instant that is not far from the base, often at the edge of
// a month.
func (d drawer) instant() time.Time {
	months := rapid.SampledFrom([]int{1, 1, 0, 0, 2, 2, 3, 3, 4, 6, 15, -1}).Draw(d.t, "months")
	first := time.Date(d.base.Year(), d.base.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, months, 0)
	by := d.one("past", "-1us", "-1ms", "0s", "1ms", "35h17m", "300h", "671h59m59.999s", "672h", "696h", "719h59m59s")
	past, err := time.ParseDuration(by)
	if err != nil {
		d.t.Fatal(err)
	}
	at := first.Add(past)
	if at.Year() < 1970 {
		return time.Unix(0, 0).UTC()
	}
	return at
}

// offering draws the id of an offering, now and then one that is wrong.
func (d drawer) offering() string {
	return d.one("offering", ios, ios, ios, ios, ios, ios, android, android, android, androidRemote, iosRemote,
		"00000000-0000-0000-0000-000000000000", "too-short")
}

func (d drawer) promotion() string {
	return d.one("promotion", "2FREEMONTHS", "HALF", "ONCE", "LATER", "2FREEMONTHS", "HALF", "ONCE", "LATER", "NOPROMOTION", "abc")
}

// step draws any step.
func (d drawer) step() step {
	do := d.one("do", "PurchaseOffering", "PurchaseOffering", "PurchaseOffering", "PurchaseOffering", "PurchaseOffering",
		"RenewOffering", "RenewOffering", "RenewOffering", "RenewOffering", advanceClock, advanceClock, advanceClock, advanceClock,
		setClock, releaseClock, setAccount, setAccount, bookSession, bookSession, bookSession, bookSession, setCatalog, setWall, setWall, takeSnapshot, restore, restart, reset)
	s := step{Do: do, Account: rapid.SampledFrom(accounts).Draw(d.t, "account")}
	switch do {
	case "PurchaseOffering", "RenewOffering":
		s.Call, s.Body = d.one("call", "", "", "", "a", "b", "c"), d.order(do)
	case setClock:
		s.Body = fmt.Sprintf(`{"now":%q}`, d.clock())
	case advanceClock:
		s.Body = d.advance()
	case setAccount:
		s.Body = d.settings()
	case bookSession:
		s.Body = d.session()
	case restore:
		s.Body = d.one("snapshot", "0", "0", "1", "2", "0 "+accounts[0], "0 "+accounts[1])
		if strings.HasSuffix(s.Body, s.Account) {
			s.Body = "0"
		}
	case setCatalog:
		s.Account, s.Body = "", d.catalog()
	case setWall:
		s.Account, s.Call, s.Body = "", d.one("looked", "", unseen), d.instant().Format(time.RFC3339Nano)
	case reset, restart:
		s.Account = ""
	}
	return s
}

// order draws the body of a purchase or renewal, now and then a wrong one.
func (d drawer) order(do string) string {
	if rapid.IntRange(0, 7).Draw(d.t, "wrong") == 7 {
		return d.one("body", `{}`, `[]`, `{"quantity":1}`, `{"offeringId":"`+ios+`"}`, `{"offeringId":null,"quantity":1}`,
			`{"offeringId":"`+ios+`","quantity":"1"}`, `{"offeringId":"`+ios+`","quantity":true}`,
			`{"offeringId":"`+ios+`","quantity":1.0}`, `{"offeringId":"`+ios+`","quantity":1e1}`,
			`{"offeringId":"`+ios+`","quantity":4294967297}`, `{"offeringId":"`+ios+`","quantity":2147483647}`,
			`{"offeringId":17,"quantity":1}`, `{"OfferingId":"`+ios+`","quantity":1}`, `{"offeringId":"`+ios+`","quantity":null}`,
			`{"offeringId":"`+ios+`","quantity":1,"offeringPromotionId":""}`, `{"offeringId":"`+ios+`","quantity":1,"offeringPromotionId":7}`,
			`{"offeringId":"`+ios+`","quantity":2,"more":{}}`)
	}
	quantity := rapid.SampledFrom([]int{1, 2, 3, 1, 2, 3, 4, 5, 10, 33, 99, 101, 0, -1}).Draw(d.t, "quantity")
	body := fmt.Sprintf(`"offeringId":%q,"quantity":%d`, d.offering(), quantity)
	if do == "PurchaseOffering" && rapid.IntRange(0, 2).Draw(d.t, "promoted") > 0 {
		body += fmt.Sprintf(`,"offeringPromotionId":%q`, d.promotion())
	}
	return "{" + body + "}"
}

func (d drawer) clock() string {
	if rapid.IntRange(0, 15).Draw(d.t, "wrong") == 15 {
		return d.one("now", "1969-12-31T23:59:59Z", "yesterday")
	}
	return d.instant().Format(time.RFC3339Nano)
}

func (d drawer) advance() string {
	switch rapid.IntRange(0, 3).Draw(d.t, "how") {
	case 0:
		return fmt.Sprintf(`{"to":%q}`, d.clock())
	case 1:
		return fmt.Sprintf(`{"by":%q}`, d.one("by", "0s", "1us", "1ms", "36h", "720h", "2300h", "-1h", "soon"))
	}
	return fmt.Sprintf(`{"periods":%d}`, rapid.SampledFrom([]int{1, 1, 2, 3, 0, 13, -1}).Draw(d.t, "periods"))
}

func (d drawer) settings() string {
	limits := fmt.Sprintf(`"maxSlots":{%q:%d}`, d.offering(), rapid.SampledFrom([]int{0, 1, 3, 12, 150, -1, 1_000_001}).Draw(d.t, "max"))
	return "{" + d.one("settings", limits, limits, `"status":"ACTIVE"`, `"status":"ACTIVE"`, `"status":"ACTIVE"`, `"status":"INELIGIBLE"`,
		`"status":"SUSPENDED"`, `"status":"CLOSED"`, `"test":false`, `"test":true`, `"limits":{"metered":1,"testGrid":0}`, `"limits":{"waiting":-1}`, ``) + "}"
}

// catalog draws what is for sale, now and then without an offering.
func (d drawer) catalog() string {
	c := catalog{}
	for _, o := range ordinaryCatalog().Offerings {
		o.Description += d.one("description", "", "", " (old)")
		o.Monthly = json.Number(d.one("price", "250.0", "0.01", "99.99", "333.33", "0.0", "1000000.00", "17.5"))
		if rapid.Bool().Draw(d.t, "dated") {
			from := d.instant().Truncate(time.Millisecond)
			o.Prices = []price{{nil, o.Monthly}, {&from, json.Number(d.one("later", "260.1", "0.07", "123.45"))}}
			o.Monthly = ""
		}
		if rapid.IntRange(0, 30).Draw(d.t, "gone") < 30 {
			c.Offerings = append(c.Offerings, o)
		}
	}
	for _, id := range []string{"HALF", "ONCE", "LATER", "2FREEMONTHS"} {
		if rapid.IntRange(0, 3).Draw(d.t, "offered") > 0 {
			c.Promotions = append(c.Promotions, d.offer(id, c))
		}
	}
	body, err := json.Marshal(c)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(body)
}

// offer draws the terms of a promotion.
func (d drawer) offer(id string, c catalog) promotion {
	p := promotion{ID: id, Description: id + " off", NewCustomersOnly: rapid.IntRange(0, 3).Draw(d.t, "new") == 3}
	p.PercentOff = rapid.SampledFrom([][]int{{50, 50}, {100}, {0, 100, 100}, {33, 0, 67, 12}, {25}}).Draw(d.t, "percent")
	if len(c.Offerings) > 0 && rapid.IntRange(0, 3).Draw(d.t, "some") == 3 {
		p.OfferingIDs = []string{c.Offerings[0].ID}
	}
	from := d.instant().Truncate(time.Millisecond)
	switch until := from.AddDate(0, 2, 0); rapid.IntRange(0, 5).Draw(d.t, "open") {
	case 5:
		p.From = &from
	case 4:
		p.Until = &from
	case 3:
		p.From, p.Until = &from, &until
	}
	return p
}

// source writes steps as a test that plays them.
func source(steps []step) string {
	var b strings.Builder
	b.WriteString("func TestCounterexample(t *testing.T) {\n\tagree(t, open(t, t.TempDir()), []step{\n")
	for _, s := range steps {
		fmt.Fprintf(&b, "\t\t{%#q, %#q, %#q, %#q},\n", s.Do, s.Account, s.Call, s.Body)
	}
	b.WriteString("\t})\n}\n")
	return b.String()
}

// TestSourceIsGo holds the printed test against gofmt.
func TestSourceIsGo(t *testing.T) {
	t.Parallel()
	got := source([]step{{"RenewOffering", accounts[0], "a", `{"offeringId":"x"}`}, {restart, "", "", ""}})
	want, err := format.Source([]byte(got))
	if err != nil || got != string(want) {
		t.Errorf("got %s\nwant %s, %v", got, want, err)
	}
}

// TestServerAgreesWithModel plays random steps. A failure prints the shortest
// steps that show it as a test.
func TestServerAgreesWithModel(t *testing.T) {
	for name, data := range map[string]string{"on disk": t.TempDir(), "in memory": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, data)
			rapid.Check(t, func(t *rapid.T) {
				base, err := time.Parse(time.RFC3339, rapid.SampledFrom(bases).Draw(t, "base"))
				if err != nil {
					t.Fatal(err)
				}
				m := begin(t, f)
				m.do(step{Do: setWall, Body: stamp(base)})
				m.do(step{Do: setCatalog, Body: drawer{t, base}.catalog()})
				t.Repeat(map[string]func(*rapid.T){
					"step": func(t *rapid.T) { m.do(drawer{t, base}.step()) },
				})
				m.end()
			})
		})
	}
}

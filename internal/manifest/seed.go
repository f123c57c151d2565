package manifest

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// Seed is a state to start from.
type Seed struct {
	Catalog  *offering.Catalog // nil keeps the one in force
	Accounts []SeedAccount
}

// SeedAccount is an account with the history that leads to its state.
type SeedAccount struct {
	ID     account.ID
	Script account.Script
}

// seedShape is a seed as people write it.
type seedShape struct {
	Catalog  *catalogShape  `json:"catalog,omitzero"`
	Accounts []accountShape `json:"accounts,omitempty"`
}

// accountShape is an account of a seed. Purchases and renewals without a time
// happen at the account's end: Now, or the time at which the seed is applied.
type accountShape struct {
	Account   accountID       `json:"account"`
	Status    *account.Status `json:"status,omitzero"`
	Note      *string         `json:"note,omitzero"`
	Test      *bool           `json:"test,omitzero"`
	MaxSlots  map[string]int  `json:"maxSlots,omitempty"`
	Limits    *limitsShape    `json:"limits,omitzero"`
	Now       instant         `json:"now,omitzero"`
	Purchases []orderShape    `json:"purchases,omitempty"`
	Renewals  []orderShape    `json:"renewals,omitempty"`
	History   []stepShape     `json:"history,omitempty"`
}

type orderShape struct {
	At          instant `json:"at,omitzero"`
	OfferingID  string  `json:"offeringId"`
	Quantity    *int    `json:"quantity"`
	PromotionID string  `json:"offeringPromotionId,omitzero"`
}

// stepShape is one step of an account's history, in order. Exactly one of its
// members other than At is given.
type stepShape struct {
	At       instant        `json:"at,omitzero"`
	Purchase *orderShape    `json:"purchase,omitzero"`
	Renew    *orderShape    `json:"renew,omitzero"`
	Set      *settingsShape `json:"set,omitzero"`
	Cancel   *cancelShape   `json:"cancel,omitzero"`
	Credit   *creditShape   `json:"credit,omitzero"`
	Session  *sessionShape  `json:"session,omitzero"`
}

// limitsShape bounds how many sessions an account has at a time.
type limitsShape struct {
	Metered  *int `json:"metered,omitzero"`
	TestGrid *int `json:"testGrid,omitzero"`
	Waiting  *int `json:"waiting,omitzero"`
}

// sessionShape is a session that was booked.
type sessionShape struct {
	ID            string                `json:"id"`
	Kind          account.SessionKind   `json:"kind"`
	Project       string                `json:"project,omitzero"`
	Device        string                `json:"device,omitzero"`
	UDID          string                `json:"udid,omitzero"`
	Platform      offering.Platform     `json:"platform,omitzero"`
	Began         instant               `json:"began"`
	Ended         instant               `json:"ended"`
	BillingMethod account.BillingMethod `json:"billingMethod"`
	MinutePrice   rate                  `json:"minutePrice,omitzero"`
	Faulty        bool                  `json:"faulty,omitzero"`
	Result        string                `json:"result,omitzero"`
}

func (s sessionShape) session() *account.Session {
	return &account.Session{
		ID: s.ID, Kind: s.Kind, Project: s.Project, Device: s.Device, UDID: s.UDID, Platform: s.Platform,
		Began: time.Time(s.Began), Ended: time.Time(s.Ended),
		Method: s.BillingMethod, Rate: money.Rate(s.MinutePrice), Faulty: s.Faulty, Result: s.Result,
	}
}

func sessionShapeOf(s *account.Session) *sessionShape {
	if s == nil {
		return nil
	}
	return &sessionShape{
		ID: s.ID, Kind: s.Kind, Project: s.Project, Device: s.Device, UDID: s.UDID, Platform: s.Platform,
		Began: instant(s.Began), Ended: instant(s.Ended),
		BillingMethod: s.Method, MinutePrice: rate(s.Rate), Faulty: s.Faulty, Result: s.Result,
	}
}

// creditShape is a correction in the account's favour.
type creditShape struct {
	Amount amount `json:"amount"`
	Reason string `json:"reason"`
}

// cancelShape is what an operator cancels for the next period.
type cancelShape struct {
	OfferingID string `json:"offeringId"`
	Held       bool   `json:"held,omitzero"`
}

type settingsShape struct {
	Status   *account.Status `json:"status,omitzero"`
	Note     *string         `json:"note,omitzero"`
	MaxSlots map[string]int  `json:"maxSlots,omitempty"`
	Limits   *limitsShape    `json:"limits,omitzero"`
}

// ParseSeed reads a seed, JSON or YAML. Errors: Malformed or Argument, with the
// path of what is wrong.
func ParseSeed(body []byte) (Seed, error) {
	var shape seedShape
	if err := strictjson.DecodeYAML(body, &shape); err != nil {
		return Seed{}, err
	}
	return shape.seed("")
}

// LoadSeed reads a seed from a file. Its errors, and those of planting the
// seed, name the file.
func LoadSeed(file string) (Seed, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return Seed{}, err
	}
	var shape seedShape
	if err := strictjson.DecodeYAML(body, &shape); err != nil {
		return Seed{}, fault.New(fault.KindOf(err), "%s: %s", file, fault.MessageOf(err))
	}
	return shape.seed(file + ": ")
}

// seed returns the seed that the shape describes. All paths start with prefix.
func (s seedShape) seed(prefix string) (Seed, error) {
	var seed Seed
	if s.Catalog != nil {
		catalog, err := s.Catalog.catalog()
		if err != nil {
			return seed, fault.New(fault.KindOf(err), "%scatalog: %s", prefix, fault.MessageOf(err))
		}
		seed.Catalog = &catalog
	}
	seen := map[accountID]bool{}
	for i, a := range s.Accounts {
		path := fmt.Sprintf("%saccounts[%d]", prefix, i)
		if a.Account == "" || seen[a.Account] {
			return seed, fault.New(fault.Argument, "%s.account %q is missing or appears twice", path, a.Account)
		}
		seen[a.Account] = true
		script, err := a.script(path)
		if err != nil {
			return seed, err
		}
		seed.Accounts = append(seed.Accounts, SeedAccount{ID: account.ID(a.Account), Script: script})
	}
	return seed, nil
}

func (a accountShape) script(path string) (account.Script, error) {
	s := account.Script{
		Path: path, Test: a.Test == nil || *a.Test, Now: a.Now.pointer(),
		Limits: limits(a.MaxSlots), Quotas: (*account.Quotas)(a.Limits), Status: a.Status, Note: a.Note,
	}
	add := func(list string, i int, step stepShape) error {
		read, err := step.step(fmt.Sprintf("%s.%s[%d]", path, list, i))
		s.Steps = append(s.Steps, read)
		return err
	}
	for i, o := range a.Purchases {
		if err := add("purchases", i, stepShape{At: o.At, Purchase: o.timeless()}); err != nil {
			return s, err
		}
	}
	for i, o := range a.Renewals {
		if err := add("renewals", i, stepShape{At: o.At, Renew: o.timeless()}); err != nil {
			return s, err
		}
	}
	for i, h := range a.History {
		if err := add("history", i, h); err != nil {
			return s, err
		}
	}
	slices.SortStableFunc(s.Steps, func(a, b account.Step) int { return compareTimes(a.At, b.At) })
	return s, nil
}

// compareTimes puts the missing time, which is the end, last.
func compareTimes(a, b *time.Time) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(missing(a), missing(b))
	}
	return a.Compare(*b)
}

func missing(at *time.Time) int {
	if at == nil {
		return 1
	}
	return 0
}

func (h stepShape) step(path string) (account.Step, error) {
	step := account.Step{Path: path, At: h.At.pointer()}
	given := 0
	for _, order := range []*orderShape{h.Purchase, h.Renew} {
		if order == nil {
			continue
		}
		given++
		if !order.At.IsZero() {
			return step, fault.New(fault.Argument, "%s: at must be a sibling of purchase and renew, not a member of them", path)
		}
		if order.Quantity == nil {
			return step, fault.New(fault.Argument, "%s: quantity is missing; it is required", path)
		}
	}
	if h.Purchase != nil {
		step.Purchase = h.Purchase.order()
	}
	if h.Renew != nil {
		step.Renew = h.Renew.order()
	}
	if h.Set != nil {
		given++
		step.Set = &account.Settings{Status: h.Set.Status, Note: h.Set.Note, Limits: limits(h.Set.MaxSlots), Quotas: (*account.Quotas)(h.Set.Limits)}
	}
	if h.Cancel != nil {
		given++
		step.Cancel = &account.Cancellation{OfferingID: h.Cancel.OfferingID, Held: h.Cancel.Held}
	}
	if h.Credit != nil {
		given++
		step.Credit = &account.Credit{Amount: money.Cents(h.Credit.Amount), Reason: h.Credit.Reason}
	}
	if h.Session != nil {
		given++
		step.Session = h.Session.session()
	}
	if given != 1 {
		return step, fault.New(fault.Argument, "%s needs exactly one of purchase, renew, set, cancel, credit and session", path)
	}
	return step, nil
}

func (o orderShape) order() *account.Order {
	return &account.Order{OfferingID: o.OfferingID, Quantity: *o.Quantity, PromotionID: o.PromotionID}
}

func (o orderShape) timeless() *orderShape {
	o.At = instant{}
	return &o
}

// limits returns limits by offering id in the order of the ids.
func limits(maxSlots map[string]int) []account.Limit {
	var all []account.Limit
	for _, id := range slices.SortedFunc(maps.Keys(maxSlots), strings.Compare) {
		all = append(all, account.Limit{OfferingID: id, Max: maxSlots[id]})
	}
	return all
}

// FormatSeed returns a seed as JSON that ParseSeed reads.
func FormatSeed(s Seed) ([]byte, error) {
	var shape seedShape
	if s.Catalog != nil {
		catalog := catalogShapeOf(*s.Catalog)
		shape.Catalog = &catalog
	}
	for _, a := range s.Accounts {
		shape.Accounts = append(shape.Accounts, accountShapeOf(a))
	}
	return json.Marshal(shape, jsontext.Multiline(true), json.Deterministic(true))
}

// accountShapeOf returns the account with its steps as history.
func accountShapeOf(a SeedAccount) accountShape {
	shape := accountShape{Account: accountID(a.ID), Now: instantOf(a.Script.Now),
		MaxSlots: byOffering(a.Script.Limits), Limits: (*limitsShape)(a.Script.Quotas), Status: a.Script.Status, Note: a.Script.Note}
	if !a.Script.Test {
		shape.Test = &a.Script.Test
	}
	for _, step := range a.Script.Steps {
		shape.History = append(shape.History, stepShapeOf(step))
	}
	return shape
}

func stepShapeOf(step account.Step) stepShape {
	shape := stepShape{At: instantOf(step.At), Purchase: orderShapeOf(step.Purchase), Renew: orderShapeOf(step.Renew), Session: sessionShapeOf(step.Session)}
	if step.Set != nil {
		shape.Set = &settingsShape{Status: step.Set.Status, Note: step.Set.Note, MaxSlots: byOffering(step.Set.Limits), Limits: (*limitsShape)(step.Set.Quotas)}
	}
	if step.Cancel != nil {
		shape.Cancel = &cancelShape{step.Cancel.OfferingID, step.Cancel.Held}
	}
	if step.Credit != nil {
		shape.Credit = &creditShape{amount(step.Credit.Amount), step.Credit.Reason}
	}
	return shape
}

func orderShapeOf(o *account.Order) *orderShape {
	if o == nil {
		return nil
	}
	return &orderShape{OfferingID: o.OfferingID, Quantity: &o.Quantity, PromotionID: o.PromotionID}
}

func byOffering(limits []account.Limit) map[string]int {
	all := map[string]int{}
	for _, l := range limits {
		all[l.OfferingID] = l.Max
	}
	return all
}

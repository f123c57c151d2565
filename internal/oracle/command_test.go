package oracle

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"
)

// step is one command, as text: what is sent is Body.
type step struct {
	Do      string // an operation of Device Farm, or one of the words below
	Account string
	Call    string // the id of the call, "" for none; unseen for a wall clock that is set and nobody looks
	Body    string
}

// What steps do beside calling Device Farm. The body of a restore is a number
// into the list of snapshots, then the account to restore into, if any.
const (
	setClock     = "set the clock"
	advanceClock = "advance the clock"
	releaseClock = "release the clock"
	setAccount   = "set the account"
	setCatalog   = "set the catalogue"
	setWall      = "set the wall clock"
	takeSnapshot = "take a snapshot"
	restore      = "restore"
	reset        = "reset"
	restart      = "restart"

	unseen = "unseen"
)

// The names of errors, as the operator API has them.
const (
	malformed      = "MalformedRequest"
	badArgument    = "InvalidArgument"
	notFound       = "NotFound"
	notEligible    = "NotEligible"
	limitExceeded  = "LimitExceeded"
	serviceAccount = "ServiceAccount"
	conflict       = "Conflict"
)

// exceptions are the names of errors in Device Farm's API.
var exceptions = map[string]string{
	malformed: "SerializationException", badArgument: "ArgumentException", notFound: "NotFoundException",
	notEligible: "NotEligibleException", limitExceeded: "LimitExceededException", serviceAccount: "ServiceAccountException",
}

// do carries out a step. It returns the name of the error, if any, and else what
// is to be answered, to be asked for when the server's ids are known.
func (w *world) do(s step) (wrong string, show func() any) {
	switch s.Do {
	case "PurchaseOffering", "RenewOffering":
		return w.order(s)
	case setAccount:
		return w.set(s)
	case setCatalog:
		return w.setCatalog(s)
	case takeSnapshot:
		return w.snapshot(s)
	case restore:
		return w.restore(s)
	case setClock, advanceClock, releaseClock:
		return w.clock(s)
	case bookSession:
		return w.book(s)
	case setWall:
		w.wall, _ = time.Parse(time.RFC3339, s.Body)
	case reset:
		w.accounts, w.catalog = map[string]*account{}, ordinaryCatalog()
	}
	return "", nil
}

// order does a purchase or renewal that comes as JSON.
func (w *world) order(s step) (string, func() any) {
	a, opened := w.known(s.Account), w.accounts[s.Account] != nil
	o, wrong := readOrder(s)
	switch {
	case wrong == malformed:
		return malformed, nil
	case wrong != "" && a.status == "INELIGIBLE":
		return notEligible, nil
	case wrong != "":
		return wrong, nil
	}
	for _, c := range a.calls {
		if s.Call != "" && c.id == s.Call {
			if c.operation != s.Do || c.body != s.Body {
				return badArgument, nil
			}
			return "", func() any { return w.showAnswer(a, c.transaction) }
		}
	}
	if !opened {
		a.entries = 1
	}
	if s.Do == "RenewOffering" {
		wrong = w.renew(a, o)
	} else {
		var t transaction
		if t, wrong = w.purchase(a, o); wrong == "" {
			w.buy(a, t)
		}
	}
	if wrong != "" {
		return wrong, nil
	}
	w.accounts[s.Account] = a
	made := len(a.transactions) - 1
	if s.Call != "" {
		a.calls = append(a.calls, call{s.Call, s.Do, s.Body, made})
	}
	return "", func() any { return w.showAnswer(a, made) }
}

// readOrder reads the body of a purchase or renewal.
func readOrder(s step) (order, string) {
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(s.Body)))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil || members == nil {
		return order{}, malformed
	}
	promotion, hasPromotion := members["offeringPromotionId"]
	if s.Do == "RenewOffering" {
		promotion, hasPromotion = nil, false // it has no such member
	}
	for _, value := range []any{members["offeringId"], promotion} {
		if _, text := value.(string); !text && value != nil {
			return order{}, malformed
		}
	}
	number, isNumber := members["quantity"].(json.Number)
	switch {
	case members["OfferingId"] != nil, members["quantity"] != nil && !isNumber:
		return order{}, malformed
	case members["offeringId"] == nil, !isNumber:
		return order{}, badArgument
	case hasPromotion && promotion == "":
		return order{}, badArgument
	}
	quantity, err := strconv.ParseInt(string(number), 10, 32)
	if err != nil {
		return order{}, badArgument
	}
	text, _ := promotion.(string)
	return order{members["offeringId"].(string), int(quantity), text}, ""
}

// set does PUT /accounts/{account}.
func (w *world) set(s step) (string, func() any) {
	var body struct {
		Status   *string
		Test     *bool
		MaxSlots map[string]int
		Limits   map[string]int
	}
	if json.Unmarshal([]byte(s.Body), &body) != nil {
		return malformed, nil
	}
	a := w.known(s.Account)
	if body.Status != nil && !slices.Contains([]string{"ACTIVE", "INELIGIBLE", "SUSPENDED"}, *body.Status) {
		return badArgument, nil
	}
	if body.Test != nil && *body.Test != a.test && (a.charged() || a.frozen) {
		return conflict, nil
	}
	for id, n := range body.MaxSlots {
		switch {
		case w.catalog.offering(id).ID == "":
			return notFound, nil
		case n < 0 || n > 1_000_000:
			return badArgument, nil
		}
	}
	for _, n := range body.Limits {
		if n < 0 || n > 100_000 {
			return badArgument, nil
		}
	}
	a = w.opened(s.Account)
	maps.Copy(a.atATime, body.Limits)
	if body.Status != nil {
		a.status = *body.Status
	}
	if body.Test != nil {
		a.test = *body.Test
	}
	for id, n := range body.MaxSlots {
		a.limits[id] = n
	}
	a.enter(w.now(a))
	return "", func() any { return w.showAccount(s.Account, a) }
}

// charged reports whether the account's time stands in its books.
func (a *account) charged() bool { return len(a.transactions)+len(a.sessions) > 0 }

// setCatalog does PUT /catalog: the old one counts up to now.
func (w *world) setCatalog(s step) (string, func() any) {
	var c catalog
	if json.Unmarshal([]byte(s.Body), &c) != nil {
		return malformed, nil
	}
	for _, o := range w.catalog.Offerings {
		if len(w.accounts) > 0 && c.offering(o.ID).ID == "" {
			return conflict, nil
		}
	}
	for id := range w.accounts {
		w.known(id)
	}
	w.catalog = c
	return "", nil
}

// snapshot remembers an account as it is.
func (w *world) snapshot(s step) (string, func() any) {
	if !w.known(s.Account).test {
		return notEligible, nil
	}
	a := w.opened(s.Account)
	a.snapshots = append(a.snapshots, snapshot{copy: a.copied()})
	newest := len(a.snapshots) - 1
	return "", func() any { return w.showSnapshot(a.snapshots[newest]) }
}

// restore brings an account back to a snapshot, or makes another one of it.
func (w *world) restore(s step) (string, func() any) {
	a, opened := w.accounts[s.Account]
	which, into := restoring(s)
	if !opened || which >= len(a.snapshots) {
		return notFound, nil
	}
	taken := a.snapshots[which]
	target := a
	if into != "" {
		target = w.known(into)
	}
	if !target.test {
		return notEligible, nil
	}
	back := taken.copy.copied()
	if into == "" {
		into = s.Account
		back.snapshots = slices.DeleteFunc(slices.Clone(a.snapshots), func(other snapshot) bool {
			return other.copy.entries > back.entries
		})
	} else {
		back.snapshots, back.calls, back.bookings, back.learned = nil, nil, nil, 0
		for i := range back.transactions {
			back.transactions[i].id = ""
		}
	}
	w.accounts[into] = back
	return "", func() any { return w.showAccount(into, w.known(into)) }
}

// clock does what is asked of a test account's clock.
func (w *world) clock(s step) (string, func() any) {
	before := 0
	if a := w.accounts[s.Account]; a != nil {
		before = len(a.transactions) // what came due since anyone looked comes due now
	}
	a, opened := w.known(s.Account), w.accounts[s.Account] != nil
	now := w.now(a)
	at, wrong := w.target(s, now)
	stays := a.frozen && s.Do != releaseClock && at.Equal(a.clock) || !a.frozen && s.Do == releaseClock
	switch {
	case wrong != "":
		return wrong, nil
	case !a.test:
		return notEligible, nil
	case !stays && (at.Year() < 1970 || at.Year() > 9999):
		return badArgument, nil
	case !stays && at.Before(now) && a.charged():
		return conflict, nil
	}
	if !opened {
		a = w.opened(s.Account)
	}
	if !stays {
		w.catchUp(a, at)
		a.frozen, a.clock = s.Do != releaseClock, at
		a.enter(at)
	}
	due := slices.Clone(a.transactions[before:])
	return "", func() any {
		copy(due, a.transactions[before:])
		return w.showClock(a, due)
	}
}

// target is the instant at which a step wants the clock.
func (w *world) target(s step, now time.Time) (time.Time, string) {
	var body struct {
		Now, To, By string
		Periods     *int
	}
	if s.Do == releaseClock {
		return w.wallTime(), ""
	}
	if json.Unmarshal([]byte(s.Body), &body) != nil {
		return now, malformed
	}
	if text := body.Now + body.To; text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return at, badArgument
		}
		return at.UTC().Truncate(time.Millisecond), ""
	}
	if body.Periods != nil {
		if *body.Periods < 0 || *body.Periods > 96_000 {
			return now, badArgument
		}
		return monthsOn(now, *body.Periods), ""
	}
	by, err := time.ParseDuration(body.By)
	if err != nil || by < 0 {
		return now, badArgument
	}
	return now.Add(by).Truncate(time.Millisecond), ""
}

// monthsOn is the same day and time of day some months on, or the last day of a
// shorter month.
func monthsOn(at time.Time, months int) time.Time {
	first := time.Date(at.Year(), at.Month(), 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
	for range months {
		first = nextMonth(first).Add(first.Sub(first.Truncate(24 * time.Hour)))
	}
	all, _ := monthDays(first)
	return first.AddDate(0, 0, min(at.Day(), all)-1)
}

// catalog is what is for sale, as it stands in the documentation.
type catalog struct {
	Offerings  []offering  `json:"offerings"`
	Promotions []promotion `json:"promotions,omitempty"`
}

type offering struct {
	ID           string      `json:"id"`
	Description  string      `json:"description"`
	Platform     string      `json:"platform"`
	RemoteAccess bool        `json:"remoteAccess"`
	Monthly      json.Number `json:"monthly,omitempty"`
	Prices       []price     `json:"prices,omitempty"`
}

type price struct {
	From    *time.Time  `json:"from,omitempty"`
	Monthly json.Number `json:"monthly"`
}

type promotion struct {
	ID               string     `json:"id"`
	Description      string     `json:"description"`
	OfferingIDs      []string   `json:"offeringIds,omitempty"`
	NewCustomersOnly bool       `json:"newCustomersOnly"`
	From             *time.Time `json:"from,omitempty"`
	Until            *time.Time `json:"until,omitempty"`
	PercentOff       []int      `json:"percentOff"`
}

func (c catalog) offering(id string) offering {
	for _, o := range c.Offerings {
		if o.ID == id {
			return o
		}
	}
	return offering{}
}

func (c catalog) promotion(id string) (promotion, bool) {
	for _, p := range c.Promotions {
		if p.ID == id {
			return p, true
		}
	}
	return promotion{}, false
}

func dollars(n json.Number) *big.Rat {
	amount, _ := new(big.Rat).SetString(string(n))
	return amount
}

// The offerings of every installation.
const (
	ios           = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	android       = "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	androidRemote = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"
	iosRemote     = "552B4DAD-A6C9-45C4-94FB-510F4D3B2A04"
)

// ordinaryCatalog is what a new installation sells.
func ordinaryCatalog() catalog {
	return catalog{
		Offerings: []offering{
			{ios, "iOS Unmetered Device Slot", "IOS", false, "250.00", nil},
			{android, "Android Unmetered Device Slot", "ANDROID", false, "250.00", nil},
			{androidRemote, "Android Remote Access Unmetered Device Slot", "ANDROID", true, "250.00", nil},
			{iosRemote, "iOS Remote Access Unmetered Device Slot", "IOS", true, "250.00", nil},
		},
		Promotions: []promotion{{
			ID: "2FREEMONTHS", Description: "New device slot customers get 3 months for the price of 1.",
			NewCustomersOnly: true, PercentOff: []int{0, 100, 100},
		}},
	}
}

package oracle

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object and list are JSON as a caller decodes it, numbers as they are written.
type (
	object = map[string]any
	list   = []any
)

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// amount writes dollars with one or two decimals.
func amount(cost *big.Rat) object {
	text := cost.FloatString(2)
	return object{"amount": json.Number(strings.TrimSuffix(text, "0")), "currencyCode": "USD"}
}

// seconds writes an instant as seconds since 1970 with one to three decimals.
func seconds(at time.Time) json.Number {
	digits := strconv.FormatInt(at.UnixMilli(), 10)
	for len(digits) < 4 {
		digits = "0" + digits
	}
	decimals := digits[len(digits)-3:]
	decimals = decimals[:max(1, len(strings.TrimRight(decimals, "0")))]
	return json.Number(digits[:len(digits)-3] + "." + decimals)
}

func stamp(at time.Time) string { return at.Format("2006-01-02T15:04:05.999999999Z") }

// showOffering is an offering as it stands in other things.
func (w *world) showOffering(id string) object {
	o := w.catalog.offering(id)
	return object{"id": id, "description": o.Description, "type": "RECURRING", "platform": o.Platform}
}

func (w *world) showTransaction(t transaction) object {
	shown := object{
		"transactionId": t.id, "createdOn": seconds(t.created), "cost": amount(t.cost),
		"offeringStatus": object{
			"type": t.kind, "offering": w.showOffering(t.offering), "quantity": number(t.quantity), "effectiveOn": seconds(t.effective),
		},
	}
	if t.promotion != "" {
		shown["offeringPromotionId"] = t.promotion
	}
	return shown
}

// showAnswer is what answers a purchase or renewal.
func (w *world) showAnswer(a *account, made int) object {
	return object{"offeringTransaction": w.showTransaction(a.transactions[made]), "Slotfarm-Time": w.showTime(a)}
}

// showTime is the header that carries a test account's time.
func (w *world) showTime(a *account) string {
	if !a.test {
		return ""
	}
	return stamp(w.now(a))
}

func (w *world) showClock(a *account, due []transaction) object {
	shown := list{}
	for _, t := range due {
		shown = append(shown, object{
			"transactionId": t.id, "type": t.kind, "offeringId": t.offering, "quantity": number(t.quantity),
			"createdOn": stamp(t.created), "effectiveOn": stamp(t.effective), "cost": amount(t.cost),
		})
	}
	return object{"now": stamp(w.now(a)), "transactions": shown}
}

func (w *world) showSnapshot(s snapshot) object {
	return object{"snapshot": s.id, "entries": number(s.copy.entries)}
}

// showAccount is an account as operators see it.
func (w *world) showAccount(id string, a *account) object {
	limits, current, next := object{}, object{}, object{}
	for _, o := range w.catalog.Offerings {
		limits[o.ID] = number(a.limit(o.ID))
	}
	for _, o := range a.concerned() {
		current[o], next[o] = number(a.held(o)), number(a.upcoming(o))
	}
	return object{
		"account": id, "status": a.status, "test": a.test, "now": stamp(w.now(a)), "frozen": a.frozen,
		"maxSlots": limits, "limits": a.showLimits(), "current": current, "nextPeriod": next,
		"transactions": number(len(a.transactions)), "entries": number(a.entries),
	}
}

// showLimits are how many sessions an account may have at a time.
func (a *account) showLimits() object {
	shown := object{"metered": number(5), "testGrid": number(50), "waiting": number(250)}
	for what, n := range a.atATime {
		shown[what] = number(n)
	}
	return shown
}

// showStatus is GetOfferingStatus.
func (w *world) showStatus(a *account) object {
	current, next := object{}, object{}
	for _, id := range a.concerned() {
		if n := a.held(id); n > 0 {
			current[id] = object{"offering": w.showOffering(id), "quantity": number(n)}
		}
		next[id] = object{
			"offering": w.showOffering(id), "quantity": number(a.upcoming(id)), "effectiveOn": seconds(nextMonth(w.now(a))),
		}
	}
	return object{"current": current, "nextPeriod": next}
}

// showTransactions is ListOfferingTransactions, all of its pages.
func (w *world) showTransactions(a *account) object {
	shown := list{}
	for _, t := range slices.Backward(a.transactions) {
		shown = append(shown, w.showTransaction(t))
	}
	return object{"offeringTransactions": shown}
}

// showOfferings is ListOfferings.
func (w *world) showOfferings(a *account) object {
	shown := list{}
	for _, o := range w.catalog.Offerings {
		shape := w.showOffering(o.ID)
		shape["recurringCharges"] = list{object{"cost": amount(w.price(o.ID, w.now(a))), "frequency": "MONTHLY"}}
		shown = append(shown, shape)
	}
	return object{"offerings": shown}
}

// showPromotions is ListOfferingPromotions.
func (w *world) showPromotions(a *account) object {
	shown := list{}
	for _, p := range w.catalog.Promotions {
		if a.offered(p, w.now(a)) {
			shown = append(shown, object{"id": p.ID, "description": p.Description})
		}
	}
	return object{"offeringPromotions": shown}
}

// showSettings is GetAccountSettings.
func (w *world) showSettings(id string, a *account) object {
	counts := map[bool]map[string]int{false: {"IOS": 0, "ANDROID": 0}, true: {"IOS": 0, "ANDROID": 0}}
	for _, s := range a.slots {
		o := w.catalog.offering(s.offering)
		counts[o.RemoteAccess][o.Platform]++
	}
	shown := func(n map[string]int) object { return object{"IOS": number(n["IOS"]), "ANDROID": number(n["ANDROID"])} }
	limits := object{}
	for _, o := range w.catalog.Offerings {
		limits[o.ID] = number(a.limit(o.ID))
	}
	minutes := object{"total": json.Number("1000.0"), "remaining": a.trialLeft()}
	return object{"accountSettings": object{
		"awsAccountNumber": id, "unmeteredDevices": shown(counts[false]), "unmeteredRemoteAccessDevices": shown(counts[true]),
		"maxJobTimeoutMinutes": number(150), "defaultJobTimeoutMinutes": number(150), "trialMinutes": minutes,
		"maxSlots": limits, "skipAppResign": false,
	}}
}

// showQuote is what a purchase would cost.
func (w *world) showQuote(a *account, o order) (string, object) {
	t, wrong := w.purchase(a, o)
	if wrong != "" {
		return wrong, nil
	}
	return "", object{
		"offeringId": t.offering, "quantity": number(t.quantity), "effectiveOn": stamp(t.effective), "cost": amount(t.cost),
	}
}

// showStatement is the statement of a month that begins at a date.
func (w *world) showStatement(id string, a *account, month time.Time) (string, object) {
	if month.After(w.now(a)) {
		return badArgument, nil
	}
	var lines []line
	total := new(big.Rat)
	for _, c := range a.charges {
		if c.at.Year() != month.Year() || c.at.Month() != month.Month() {
			continue
		}
		total.Add(total, c.cost)
		promotions := list{}
		for _, r := range c.reductions {
			promotions = append(promotions, object{
				"promotionId": r.promotion, "quantity": number(r.quantity), "percentOff": number(r.percent),
			})
		}
		lines = append(lines, line{c.at, object{
			"date": stamp(c.at), "kind": c.kind, "offeringId": c.offering, "description": w.catalog.offering(c.offering).Description,
			"quantity": number(c.quantity), "transactionId": a.transactions[c.transaction].id,
			"promotions": promotions, "cents": wholeCents(c.cost),
		}})
	}
	sessions, cost := a.sessionLines(month)
	total.Add(total, big.NewRat(cost, 100))
	lines = append(lines, sessions...)
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	shown := list{}
	for _, l := range lines {
		shown = append(shown, l.shown)
	}
	return "", object{
		"account": id, "period": month.Format("2006-01"), "now": stamp(w.now(a)), "currencyCode": "USD",
		"lines": shown, "totalCents": wholeCents(total),
	}
}

func wholeCents(cost *big.Rat) json.Number {
	return json.Number(new(big.Rat).Mul(cost, big.NewRat(100, 1)).FloatString(0))
}

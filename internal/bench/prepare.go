package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
)

// prepare learns what is for sale and buys one slot for every account, so that
// no measurement opens accounts. Some measurements need more preparation.
func (r *runner) prepare(ctx context.Context) (Prepared, error) {
	start := time.Now()
	if err := r.learn(ctx); err != nil {
		return Prepared{}, fmt.Errorf("list the offerings: %w", err)
	}
	requests, err := r.open(ctx)
	if err != nil {
		return Prepared{}, fmt.Errorf("prepare: %w", err)
	}
	return Prepared{Requests: requests, Seconds: time.Since(start).Seconds()}, nil
}

// open prepares the accounts, and returns how many requests that took.
func (r *runner) open(ctx context.Context) (int64, error) {
	var sent int64
	fill := func(name string, s inTurn, n int) error {
		sent += int64(n)
		return r.fill(ctx, name, s, int64(n))
	}
	names, extra := r.names(), r.config.Accounts
	switch r.config.Scenario {
	case "history":
		if err := fill("history", inTurn{templates: r.renewals, accounts: span{extra + historyAccount, 1}}, r.config.History); err != nil {
			return sent, err
		}
		return sent, r.findDeepest(ctx)
	case "advance":
		return sent, nil // a seed is planted before each round
	}
	if len(names) == 0 || slices.Equal(names, []string{offerings}) {
		return sent, nil
	}
	if slices.Contains(names, paging) || slices.Contains(names, mixed) {
		s := inTurn{templates: r.renewals, accounts: span{extra + firstPagedOne, pagedAccounts}}
		if err := fill("pages", s, pagedAccounts*pagedHistory); err != nil {
			return sent, err
		}
	}
	return sent, fill("accounts", inTurn{templates: r.purchases, accounts: span{0, extra}}, extra)
}

// fill sends n requests of a source. All of them have to succeed.
func (r *runner) fill(ctx context.Context, name string, s inTurn, n int64) error {
	workers, err := newPool(ctx, r.target, r.keys, min(r.config.Connections, int(n)))
	if err != nil {
		return err
	}
	defer workers.close()
	sources := make([]source, len(workers))
	for i := range sources {
		own := s
		sources[i] = &own
	}
	schedule := begin(wallClock(), 0, 0, n)
	defer r.watch(schedule, "preparing "+name)()
	got := workers.drive(ctx, schedule, sources)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(got.failures) > 0 {
		return fmt.Errorf("%d of %d requests failed, such as %s: %s",
			got.failures.count(), got.requests, got.failures[0].Name, got.failures[0].Example)
	}
	return nil
}

// learn asks for the offerings and makes the templates that need their ids.
func (r *runner) learn(ctx context.Context) error {
	body, err := r.ask(ctx, listOfferings(), 0)
	if err != nil {
		return err
	}
	var list struct{ Offerings []struct{ ID string } }
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for _, o := range list.Offerings {
		r.offerings = append(r.offerings, o.ID)
	}
	r.purchases, r.renewals = r.orders("PurchaseOffering", "PURCHASE"), r.orders("RenewOffering", "RENEW")
	return nil
}

// findDeepest walks through the history to the last page that is full.
func (r *runner) findDeepest(ctx context.Context) error {
	w := newWorker(r.target, r.keys)
	defer w.close()
	one := oneByOne{account: r.config.Accounts + historyAccount}
	for token := ""; ; {
		one.template = pageTemplate(token)
		out := w.send(ctx, &one, 0)
		if out.failure != "" {
			return fmt.Errorf("list transactions: %s: %s", out.failure, out.message)
		}
		if bytes.Count(one.body, []byte(`"transactionId":`)) == pageSize {
			r.deepest = token
		}
		next, _ := nextToken(one.body)
		if next == "" {
			return nil
		}
		token = next
	}
}

// ask sends one request and returns the body of its answer.
func (r *runner) ask(ctx context.Context, t *template, account int) ([]byte, error) {
	w := newWorker(r.target, r.keys)
	defer w.close()
	one := oneByOne{template: t, account: account}
	if out := w.send(ctx, &one, 0); out.failure != "" {
		return nil, fmt.Errorf("%s: %s", out.failure, out.message)
	}
	return one.body, nil
}

// oneByOne is a source that sends given requests and keeps the answer.
type oneByOne struct {
	template *template
	account  int
	body     []byte // valid until the next request
}

func (s *oneByOne) request(w *writer, _ int64, now time.Time) []byte {
	return w.signed(s.template, s.account, now)
}

func (s *oneByOne) check(body []byte) bool {
	s.body = body
	return s.template.check(body)
}

// seedAccounts is the number of accounts in one seed, whose size is limited.
const seedAccounts = 5000

// plant returns the accounts to the state from which their clocks are advanced:
// frozen, with three offerings each.
func (r *runner) plant(ctx context.Context) error {
	if len(r.offerings) < heldOfferings {
		return fmt.Errorf("there are %d offerings; the scenario needs %d", len(r.offerings), heldOfferings)
	}
	api, err := client.New(r.config.Endpoint)
	if err != nil {
		return err
	}
	defer api.Close()
	schedule := begin(wallClock(), 0, 0, int64(r.config.Accounts))
	defer r.watch(schedule, "preparing accounts")()
	for first := 0; first < r.config.Accounts; first += seedAccounts {
		count := min(seedAccounts, r.config.Accounts-first)
		if _, err := api.PutSeed(ctx, r.seed(first, count)); err != nil {
			return err
		}
		schedule.taken.Add(int64(count))
	}
	return nil
}

// seed returns the seed of count accounts from first on.
func (r *runner) seed(first, count int) []byte {
	b := []byte(`{"accounts":[`)
	for n := range count {
		if n > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"account":"%s","now":"2026-01-31T00:00:00Z","purchases":[`, AccountID(first+n))
		for i, id := range r.offerings[:heldOfferings] {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `{"offeringId":%q,"quantity":%d}`, id, i+1)
		}
		b = append(b, "]}"...)
	}
	return append(b, "]}"...)
}

package slotfarmtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/slotfarmtest"
)

var januaryLast = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// buy buys slots of iOS with the SDK and returns what they cost.
func buy(t *testing.T, a *slotfarmtest.Account, quantity int) float64 {
	t.Helper()
	out, err := devicefarm.NewFromConfig(a.Config()).PurchaseOffering(t.Context(), &devicefarm.PurchaseOfferingInput{
		OfferingId: aws.String(ios), Quantity: aws.Int32(int32(quantity)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.OfferingTransaction.Cost.Amount
}

// history returns the type and the cents of an account's transactions, oldest
// first.
func history(t *testing.T, a *slotfarmtest.Account) []string {
	t.Helper()
	var lines []string
	pages := devicefarm.NewListOfferingTransactionsPaginator(devicefarm.NewFromConfig(a.Config()), &devicefarm.ListOfferingTransactionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range page.OfferingTransactions {
			line := fmt.Sprintf("%s %d %.2f", tx.OfferingStatus.Type, *tx.OfferingStatus.Quantity, *tx.Cost.Amount)
			lines = append([]string{line}, lines...)
		}
	}
	return lines
}

// year lives through a year: a purchase, twelve renewals, and back.
func year(t *testing.T, a *slotfarmtest.Account) {
	a.Freeze(januaryLast)
	if cost := buy(t, a, 3); cost != 24.19 {
		t.Errorf("one day of January costs %.2f, want 24.19", cost)
	}
	bought := a.Snapshot()
	due := a.AdvancePeriods(12)
	if len(due) != 12 || due[11].Cents != 75000 || !due[11].CreatedOn.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("due = %+v, want twelve renewals at 750.00", due)
	}
	if n := len(history(t, a)); n != 13 {
		t.Errorf("%d transactions, want 13", n)
	}
	bought.Restore()
	if got := a.Now(); !got.Equal(januaryLast) {
		t.Errorf("restored to %v, want %v", got, januaryLast)
	}
	if diff := cmp.Diff([]string{"PURCHASE 3 24.19"}, history(t, a)); diff != "" {
		t.Error(diff)
	}
}

func TestManyServers(t *testing.T) {
	for i := range 50 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			year(t, slotfarmtest.Start(t).NewAccount(t))
		})
	}
}

func TestManyAccounts(t *testing.T) {
	farm := slotfarmtest.Start(t)
	for i := range 50 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			year(t, farm.NewAccount(t))
		})
	}
}

func TestForks(t *testing.T) {
	farm := slotfarmtest.Start(t, slotfarmtest.At(januaryLast))
	prepared := farm.NewAccount(t)
	buy(t, prepared, 1)
	snapshot := prepared.Snapshot()
	for i := range 10 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			mine := farm.NewAccount(t)
			snapshot.Into(mine)
			buy(t, mine, i+1)
			want := []string{"PURCHASE 1 8.07", history(t, mine)[1], fmt.Sprintf("SYSTEM %d %d.00", i+2, 250*(i+2))}
			mine.AdvancePeriods(1)
			if diff := cmp.Diff(want, history(t, mine)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFaults has two accounts of one server meet different faults.
func TestFaults(t *testing.T) {
	farm := slotfarmtest.Start(t, slotfarmtest.At(januaryLast))
	dropped, throttled := farm.NewAccount(t), farm.NewAccount(t)
	dropped.Inject(slotfarmtest.Fault{Operation: "PurchaseOffering", DropAfterCommit: true, Times: 1})
	throttled.Inject(
		slotfarmtest.Fault{Operation: "PurchaseOffering", Error: "ThrottlingException", Times: 2},
		slotfarmtest.Fault{Delay: time.Millisecond, Probability: 1},
	)
	buy(t, dropped, 1)
	buy(t, throttled, 1)
	for _, a := range []*slotfarmtest.Account{dropped, throttled} {
		if diff := cmp.Diff([]string{"PURCHASE 1 8.07"}, history(t, a)); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff([]int{1}, dropped.Fired()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2, 2}, throttled.Fired()); diff != "" {
		t.Error(diff)
	}
	dropped.Inject(slotfarmtest.Fault{Error: "LimitExceededException", Message: "enough"})
	_, err := devicefarm.NewFromConfig(dropped.Config()).ListOfferings(t.Context(), &devicefarm.ListOfferingsInput{})
	if err == nil || !strings.Contains(err.Error(), "LimitExceededException: enough") {
		t.Errorf("error = %v, want LimitExceededException: enough", err)
	}
	dropped.Mend()
	buy(t, dropped, 1)
	if fired := dropped.Fired(); len(fired) != 0 || len(throttled.Fired()) != 2 {
		t.Errorf("mended: %v, want no faults of this account and those of the other", fired)
	}
}

func TestClock(t *testing.T) {
	farm := slotfarmtest.Start(t, slotfarmtest.At(januaryLast))
	a := farm.Account(t, "111122223333")
	moves := []struct {
		name string
		move func() []slotfarmtest.Transaction
		want time.Time
	}{
		{"now", func() []slotfarmtest.Transaction { return nil }, januaryLast},
		{"by", func() []slotfarmtest.Transaction { return a.AdvanceBy(36 * time.Hour) }, januaryLast.Add(36 * time.Hour)},
		{"to", func() []slotfarmtest.Transaction { return a.AdvanceTo(januaryLast.AddDate(1, 0, 0)) }, januaryLast.AddDate(1, 0, 0)},
		{"freeze", func() []slotfarmtest.Transaction { return a.Freeze(januaryLast) }, januaryLast}, // nothing was bought yet
	}
	for _, m := range moves {
		if due := m.move(); len(due) != 0 || !a.Now().Equal(m.want) {
			t.Errorf("%s: now %v with %v due, want %v and nothing", m.name, a.Now(), due, m.want)
		}
	}
	a.Release()
	if d := time.Since(a.Now()); d < 0 || d > time.Minute {
		t.Errorf("a released clock is %v behind the wall clock", d)
	}
}

func TestSettingsAndReset(t *testing.T) {
	farm := slotfarmtest.Start(t, slotfarmtest.MaxSlots(5), slotfarmtest.SeedFile("testdata/seed.yaml"))
	a := farm.Account(t, "111122223333")
	seeded := history(t, a)
	if len(seeded) != 2 {
		t.Fatalf("the seed left %v, want a purchase and a renewal", seeded)
	}
	a.Set(slotfarmtest.Settings{Status: "SUSPENDED", MaxSlots: map[string]int{ios: 7}})
	_, err := devicefarm.NewFromConfig(a.Config()).RenewOffering(t.Context(), &devicefarm.RenewOfferingInput{
		OfferingId: aws.String(ios), Quantity: aws.Int32(1),
	})
	if err == nil || !strings.Contains(err.Error(), "ServiceAccountException") {
		t.Errorf("renewing while suspended: %v, want ServiceAccountException", err)
	}
	farm.Reset()
	buy(t, a, 1)
	farm.Plant("accounts: [{account: 111122223333}]")
	if got := history(t, a); len(got) != 0 {
		t.Errorf("the account has %v, want nothing", got)
	}
}

// failing records why a test would have failed.
type failing struct {
	*testing.T
	messages []string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.messages = append(f.messages, fmt.Sprintf(format, args...))
}

// TestFailures holds what a test hears when it asks for what cannot be.
func TestFailures(t *testing.T) {
	farm := slotfarmtest.Start(t, slotfarmtest.At(januaryLast))
	tests := []struct {
		name string
		ask  func(a *slotfarmtest.Account)
		want string
	}{
		{"back", func(a *slotfarmtest.Account) { a.Freeze(januaryLast.AddDate(0, 0, -1)) }, "Restore a snapshot to go back"},
		{"negative", func(a *slotfarmtest.Account) { a.AdvancePeriods(-1) }, "periods -1"},
		{"status", func(a *slotfarmtest.Account) { a.Set(slotfarmtest.Settings{Status: "GONE"}) }, `"GONE"`},
		{"snapshot", func(a *slotfarmtest.Account) { s := a.Snapshot(); s.Delete(); s.Restore() }, "has no snapshot"},
		{"fault", func(a *slotfarmtest.Account) { a.Inject(slotfarmtest.Fault{Error: "Nonsense"}) }, `"Nonsense" is unknown`},
		{"into itself", func(a *slotfarmtest.Account) { a.Snapshot().Into(a) }, "own account"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			buy(t, farm.Account(t, "111122223333"), 1)
			f := &failing{T: t}
			tt.ask(farm.Account(f, "111122223333"))
			if all := strings.Join(f.messages, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("failed with %q, want %q", all, tt.want)
			}
		})
	}
}

package slotfarmtest_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm"

	"github.com/slotfarm/slotfarm/slotfarmtest"
)

// ios is an offering of the default catalogue, at 250.00 USD a month.
const ios = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"

// test runs an example as go test runs func TestSlots(t *testing.T).
func test(f func(t slotfarmtest.TB)) {
	t := &exampleT{}
	defer t.end()
	f(t)
}

// exampleT is a testing.T for examples, which have none.
type exampleT struct{ cleanups []func() }

func (t *exampleT) Helper()             {}
func (t *exampleT) Cleanup(f func())    { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) Logf(string, ...any) {}

func (t *exampleT) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (t *exampleT) TempDir() string {
	dir, err := os.MkdirTemp("", "slotfarm")
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (t *exampleT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

func Example() {
	test(func(t slotfarmtest.TB) {
		farm := slotfarmtest.Start(t, slotfarmtest.At(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)))
		account := farm.NewAccount(t)
		slots := devicefarm.NewFromConfig(account.Config())

		bought, err := slots.PurchaseOffering(context.Background(), &devicefarm.PurchaseOfferingInput{
			OfferingId: aws.String(ios), Quantity: aws.Int32(2),
		})
		if err != nil {
			t.Fatalf("%v", err)
		}
		fmt.Printf("one day of January: %.2f USD\n", *bought.OfferingTransaction.Cost.Amount)

		for _, due := range account.AdvancePeriods(2) {
			fmt.Printf("%s %s %d slots: %d cents\n", due.CreatedOn.Format(time.DateOnly), due.Type, due.Quantity, due.Cents)
		}
	})
	// Output:
	// one day of January: 16.13 USD
	// 2026-02-01 SYSTEM 2 slots: 50000 cents
	// 2026-03-01 SYSTEM 2 slots: 50000 cents
}

func ExampleAccount_Snapshot() {
	test(func(t slotfarmtest.TB) {
		farm := slotfarmtest.Start(t, slotfarmtest.At(time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC)))
		account := farm.NewAccount(t)
		before := account.Snapshot()

		account.AdvancePeriods(12)
		fmt.Println(account.Now().Format(time.DateOnly))

		before.Restore()
		fmt.Println(account.Now().Format(time.DateOnly))
	})
	// Output:
	// 2027-06-10
	// 2026-06-10
}

func ExampleSnapshot_Into() {
	test(func(t slotfarmtest.TB) {
		farm := slotfarmtest.Start(t, slotfarmtest.Seed(`
accounts:
  - account: 111122223333
    now: 2026-06-10T00:00:00Z
    purchases:
      - {offeringId: A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01, quantity: 3}
`))
		prepared := farm.Account(t, "111122223333").Snapshot()

		mine := farm.NewAccount(t) // in a parallel test: farm.NewAccount(t) of that test
		prepared.Into(mine)
		fmt.Println(mine.Now().Format(time.DateOnly), len(mine.AdvancePeriods(3)), "renewals")
	})
	// Output:
	// 2026-06-10 3 renewals
}

package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// FuzzParseCatalog looks for a body whose refusal has no kind, and for one that
// does not survive writing and reading.
func FuzzParseCatalog(f *testing.F) {
	whole, err := manifest.FormatCatalog(offering.Default())
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		string(whole), offer(`"prices":[{"monthly":1},{"from":"2026-01-01T00:00:00+01:00","monthly":8.070}]`),
		"offerings:\n- &a {id: " + ios + ", platform: IOS, monthly: 8.07, description: \"\\xff\"}\npromotions:\n- id: SALE\n  percentOff: [0, !!int \"5\"]\n  until: 9999-12-31T23:59:59-01:00\n",
		"a: &a [*a]\n", "? a\n: ~\n", "--- # x\n",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, err := manifest.ParseCatalog(body)
		if err != nil {
			wantKind(t, err)
			return
		}
		again, err := manifest.FormatCatalog(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := manifest.ParseCatalog(again)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v, %s in %s", err, diff, again)
		}
	})
}

// FuzzParseSeed is FuzzParseCatalog for seeds.
func FuzzParseSeed(f *testing.F) {
	for _, body := range []string{
		seed(`"status":"","maxSlots":{"a":-1},"now":"2026-01-01T00:00:00.9999Z","purchases":[{"quantity":0}],"history":[{"set":{}},{"at":"1970-01-01T00:00:00Z","renew":{"quantity":1}}]`),
		"accounts:\n- &a\n  account: 000000000000\n  test: false\n  renewals: [&b {at: 2026-01-01T00:00:00+14:00, quantity: 1}, *b]\ncatalog: {offerings: [], promotions: []}\n",
		"accounts:\n- account: !!str 1\n  history:\n  - set: {status: A, maxSlots: {1: 2}}\n", bomb(3, 3),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, err := manifest.ParseSeed(body)
		if err != nil {
			wantKind(t, err)
			return
		}
		again, err := manifest.FormatSeed(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := manifest.ParseSeed(again)
		paths := cmpopts.IgnoreFields(account.Step{}, "Path") // every step comes back in the history
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), paths); err != nil || diff != "" {
			t.Fatalf("%v, %s in %s", err, diff, again)
		}
	})
}

// wantKind fails for an error that the caller would not be told about.
func wantKind(t *testing.T, err error) {
	t.Helper()
	if kind := fault.KindOf(err); kind != fault.Malformed && kind != fault.Argument && kind != fault.TooLarge {
		t.Fatalf("error of kind %d: %v", kind, err)
	}
}

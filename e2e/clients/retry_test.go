package clients

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// TestRetriedPurchaseIsChargedOnce buys with clients that lose the first answer, because it comes too late for
// their read time-out or because the connection breaks, and so send the purchase again, as AWS's SDKs do by
// default. All attempts of a call carry one invocation id: slotfarm charges once and repeats its answer.
func TestRetriedPurchaseIsChargedOnce(t *testing.T) {
	for _, spoil := range []spoiler{hold, drop} {
		for _, name := range []string{"boto3", "gosdk", "js"} {
			t.Run(spoil.String()+"/"+name, func(t *testing.T) {
				t.Parallel()
				a := harness.NewTenant(harness.Sandbox())
				attempts, bought := buyThrough(t, harness.Clients[name], a, spoil)
				first := attempts[0]
				for _, next := range attempts[1:] {
					if diff := cmp.Diff(first, next); diff != "" {
						t.Errorf("another attempt of the call differs (-first +later):\n%s", diff)
					}
				}
				if first.InvocationID == "" {
					t.Error("the client sent no invocation id")
				}
				list := a.Transactions(t)
				if len(list) != 1 {
					t.Fatalf("%d transactions after one purchase, want 1: %+v", len(list), list)
				}
				if got, want := list[0].Cost.Amount.String(), "8.07"; got != want {
					t.Errorf("charged %s, want %s", got, want)
				}
				if want := list[0].TransactionID; bought != want {
					t.Errorf("the client was told of transaction %s, want %s", bought, want)
				}
				if diff := cmp.Diff(map[string]int{harness.IosSlot: 1}, a.Held(t)); diff != "" {
					t.Errorf("slots held (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestDebianAWSCLIRetryIsChargedTwice documents a limit: the AWS CLI that Debian 12 packages (2.9.19) sends
// nothing by which its attempts could be known as one call, so a purchase whose answer was lost is made twice,
// as it is on AWS.
func TestDebianAWSCLIRetryIsChargedTwice(t *testing.T) {
	argv := harness.Installed(t, harness.Awscli.Find)
	version, err := exec.Command(argv[0], "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(version), "aws-cli/2.9.") {
		t.Skipf("this is about aws-cli/2.9, and not about %s", version)
	}
	for _, spoil := range []spoiler{hold, drop} {
		t.Run(spoil.String(), func(t *testing.T) {
			t.Parallel()
			a := harness.NewTenant(harness.Sandbox())
			attempts, _ := buyThrough(t, harness.Awscli, a, spoil)
			if got := attempts[0].InvocationID; got != "" {
				t.Errorf("the AWS CLI sent the invocation id %q; if it does so now, it can be charged once", got)
			}
			if got, want := len(a.Transactions(t)), len(attempts); got != want {
				t.Errorf("%d transactions after %d attempts without an invocation id", got, want)
			}
		})
	}
}

// buyThrough lets the client buy one slot through a proxy that spoils the first answer. It returns the client's
// attempts, at least two, and the id of the transaction in the answer.
func buyThrough(t *testing.T, c harness.Client, a harness.Tenant, spoil spoiler) (attempts []attempt, transactionID string) {
	t.Helper()
	proxy := newSpoilingProxy(t, a.Server.Endpoint, spoil)
	s := a.Session()
	s.Endpoint, s.ReadTimeout = proxy.endpoint, 1
	got := c.Run(t, s, harness.BuyOne)[0]
	if got.Output == nil {
		t.Fatalf("the purchase failed: %+v", got)
	}
	attempts = proxy.seen()
	if len(attempts) < 2 {
		t.Fatalf("the client made %d attempts, want a retry", len(attempts))
	}
	bought, _ := got.Output["offeringTransaction"].(map[string]any)
	transactionID, _ = bought["transactionId"].(string)
	return attempts, transactionID
}

// TestAttemptsAtTheSameMoment sends one call 16 times at once, with each header field that can name a call.
func TestAttemptsAtTheSameMoment(t *testing.T) {
	for _, field := range []string{"amz-sdk-invocation-id", "aws-sdk-invocation-id", "Idempotency-Key"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			a, other := harness.NewTenant(harness.Sandbox()), harness.NewTenant(harness.Sandbox())
			const id = "01f2ac5e-6d0b-4b0c-9d0e-6a1f8a2f3c4d"
			answers := postAtOnce(t, a, 16, func(int) []string { return []string{field, id} })
			for _, got := range answers[1:] {
				if diff := cmp.Diff(answers[0], got); diff != "" {
					t.Errorf("two attempts got different answers (-one +other):\n%s", diff)
				}
			}
			if list := a.Transactions(t); len(list) != 1 || answers[0].Status != http.StatusOK {
				t.Errorf("%d transactions, want 1; answer %+v", len(list), answers[0])
			}
			got, err := a.Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 2}, field, id)
			if err != nil || got.Exception() != "ArgumentException" {
				t.Errorf("the id with another body: %+v, %v, want an ArgumentException", got, err)
			}
			got, err = other.Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1}, field, id)
			if err != nil || got.Status != http.StatusOK || got == answers[0] {
				t.Errorf("the id in another account: %+v, %v, want a transaction of its own", got, err)
			}
			if diff := cmp.Diff(map[string]int{harness.IosSlot: 1}, a.Held(t)); diff != "" {
				t.Errorf("slots held (-want +got):\n%s", diff)
			}
			a.Server.Verify(t)
		})
	}
}

// TestConcurrentBuyersStopAtTheLimit lets 64 buyers buy one slot each if 50 are allowed.
func TestConcurrentBuyersStopAtTheLimit(t *testing.T) {
	t.Parallel()
	a := harness.NewTenant(harness.Sandbox())
	a.Allow(t, harness.IosSlot, 50)
	answers := postAtOnce(t, a, 64, func(i int) []string {
		return []string{"amz-sdk-invocation-id", fmt.Sprintf("buyer %d", i)}
	})
	got := map[string]int{}
	for _, answer := range answers {
		got[fmt.Sprintf("%d %s", answer.Status, answer.Exception())]++
	}
	want := map[string]int{"200 ": 50, "400 LimitExceededException": 14}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{harness.IosSlot: 50}, a.Held(t)); diff != "" {
		t.Errorf("slots held (-want +got):\n%s", diff)
	}
	ids := map[string]bool{}
	for _, transaction := range a.Transactions(t) {
		ids[transaction.TransactionID] = true
	}
	if len(ids) != 50 {
		t.Errorf("%d different transactions, want 50", len(ids))
	}
	a.Server.Verify(t)
}

// postAtOnce buys one iOS slot n times at the same moment, each with the header fields that header returns.
func postAtOnce(t *testing.T, a harness.Tenant, n int, header func(i int) []string) []harness.Answer {
	t.Helper()
	answers := make([]harness.Answer, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			<-begin
			got, err := a.Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1}, header(i)...)
			if err != nil {
				t.Error(err)
			}
			answers[i] = got
		})
	}
	close(begin)
	all.Wait()
	return answers
}

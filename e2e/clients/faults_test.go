package clients

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// brokenBy returns an account on a sandbox of the test's own, whose answers the faults break.
func brokenBy(t *testing.T, faults ...harness.Fault) harness.Tenant {
	t.Helper()
	a := harness.NewTenant(harness.StartSandbox(t))
	a.Server.Operator(t, "PUT /faults", map[string]any{"seed": 7, "rules": faults}, nil)
	return a
}

// TestFaultAfterCommit drops the answer of a purchase that was made, without a proxy. The SDKs send it again by
// themselves, and are charged once.
func TestFaultAfterCommit(t *testing.T) {
	for _, name := range []string{"boto3", "gosdk", "js"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := brokenBy(t, harness.Fault{Operation: "PurchaseOffering", DropAfterCommit: true, Times: 1})
			got := harness.Clients[name].Run(t, a.Session(), harness.BuyOne)[0]
			list := a.Transactions(t)
			if len(list) != 1 {
				t.Fatalf("%d transactions after one purchase, want 1: %+v", len(list), list)
			}
			bought, _ := got.Output["offeringTransaction"].(map[string]any)
			if id := list[0].TransactionID; bought["transactionId"] != id {
				t.Errorf("the client was told %+v, want of transaction %s", got, id)
			}
			a.Server.CheckFired(t, 1)
		})
	}
}

// TestFaultAfterCommitChargesDebianAWSCLITwice is the same with a client that sends no invocation id.
func TestFaultAfterCommitChargesDebianAWSCLITwice(t *testing.T) {
	t.Parallel()
	version, err := exec.Command(harness.Installed(t, harness.Awscli.Find)[0], "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(version), "aws-cli/2.9.") {
		t.Skipf("this is about aws-cli/2.9, and not about %s", version)
	}
	a := brokenBy(t, harness.Fault{Operation: "PurchaseOffering", DropAfterCommit: true, Times: 1})
	if got := harness.Awscli.Run(t, a.Session(), harness.BuyOne)[0]; got.Output == nil {
		t.Errorf("the purchase failed: %+v", got)
	}
	if list := a.Transactions(t); len(list) != 2 {
		t.Errorf("%d transactions after two attempts without an invocation id, want 2: %+v", len(list), list)
	}
	a.Server.CheckFired(t, 1)
}

// TestFaultsThatRetriesOvercome makes calls fail twice, in ways that clients retry. With their default settings, all
// clients succeed at the third attempt.
func TestFaultsThatRetriesOvercome(t *testing.T) {
	for _, f := range []harness.Fault{{Error: "ThrottlingException"}, {Status: http.StatusServiceUnavailable}} {
		for name, c := range harness.Clients {
			t.Run(fmt.Sprintf("%s%d/%s", f.Error, f.Status, name), func(t *testing.T) {
				t.Parallel()
				twice := f
				twice.Operation, twice.Times = "PurchaseOffering", 2
				a := brokenBy(t, twice)
				if got := c.Run(t, a.Session(), harness.BuyOne)[0]; got.Output == nil {
					t.Errorf("the purchase failed: %+v", got)
				}
				if list := a.Transactions(t); len(list) != 1 {
					t.Errorf("%d transactions, want 1: %+v", len(list), list)
				}
				a.Server.CheckFired(t, 2)
			})
		}
	}
}

// TestFaultsByName checks that each exception of the model arrives as the client's own typed exception, even with a
// status that is not its own.
func TestFaultsByName(t *testing.T) {
	names := []string{"ArgumentException", "NotFoundException", "NotEligibleException", "LimitExceededException", "ServiceAccountException"}
	for client, c := range harness.Clients {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			var faults []harness.Fault
			var want []harness.Outcome
			var steps []harness.Step
			for _, name := range names {
				faults = append(faults, harness.Fault{Error: name, Message: "this is " + name, Times: 1})
				want = append(want, harness.Outcome{Error: name, Message: "this is " + name})
				steps = append(steps, harness.Step{Operation: "ListOfferings", Input: map[string]any{}})
			}
			faults[1].Status = http.StatusForbidden
			a := brokenBy(t, faults...)
			s := a.Session()
			s.MaxAttempts = 1
			if diff := cmp.Diff(want, c.Run(t, s, steps...)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			a.Server.CheckFired(t, 1, 1, 1, 1, 1)
		})
	}
}

// TestFaultsOfAllServices has errors arrive that are not in the model: the clients name them all the same.
func TestFaultsOfAllServices(t *testing.T) {
	for name, p := range map[string]harness.Program{"boto3": harness.Boto3, "gosdk": harness.Gosdk, "js": harness.Jssdk} {
		for _, exception := range []string{"AccessDeniedException", "ThrottlingException"} {
			t.Run(name+"/"+exception, func(t *testing.T) {
				t.Parallel()
				a := brokenBy(t, harness.Fault{Error: exception, Message: "not today"})
				s := a.Session()
				s.MaxAttempts = 1
				_, stderr, err := p.Start(t, s, []harness.Step{harness.BuyOne})
				if err == nil || !strings.Contains(stderr, exception) || !strings.Contains(stderr, "not today") {
					t.Errorf("the client said %v, %s, want it to name %s", err, stderr, exception)
				}
				a.Server.CheckFired(t, 1)
			})
		}
	}
}

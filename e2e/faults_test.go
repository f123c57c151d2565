package e2e

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fault is a rule by which a server breaks answers.
type fault struct {
	Operation       string `json:"operation,omitempty"`
	Error           string `json:"error,omitempty"`
	Message         string `json:"message,omitempty"`
	Status          int    `json:"status,omitempty"`
	DropAfterCommit bool   `json:"dropAfterCommit,omitempty"`
	Times           int    `json:"times,omitempty"`
	Fired           int    `json:"fired,omitempty"` // in answers only
}

// brokenBy returns an account on a sandbox of the test's own, whose answers the faults break.
func brokenBy(t *testing.T, faults ...fault) tenant {
	t.Helper()
	a := newTenant(startSandbox(t))
	a.server.operator(t, http.MethodPut, "/faults", map[string]any{"seed": 7, "rules": faults}, nil)
	return a
}

// fired returns how often each fault took effect.
func (s *server) fired(t *testing.T) []int {
	t.Helper()
	var report struct{ Rules []fault }
	s.operator(t, http.MethodGet, "/faults", nil, &report)
	var fired []int
	for _, r := range report.Rules {
		fired = append(fired, r.Fired)
	}
	return fired
}

// checkFired fails the test unless the faults took effect that often, and nothing of it was logged as an error.
func (s *server) checkFired(t *testing.T, want ...int) {
	t.Helper()
	if diff := cmp.Diff(want, s.fired(t)); diff != "" {
		t.Errorf("how often each fault took effect (-want +got):\n%s", diff)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// TestFaultAfterCommit has a purchase happen and its answer be lost, with no proxy in between. The SDKs send
// it again by themselves, and are charged once.
func TestFaultAfterCommit(t *testing.T) {
	for _, name := range []string{"boto3", "gosdk", "js"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := brokenBy(t, fault{Operation: "PurchaseOffering", DropAfterCommit: true, Times: 1})
			got := clients[name].run(t, a.session(), buyOne)[0]
			list := a.transactions(t)
			if len(list) != 1 {
				t.Fatalf("%d transactions after one purchase, want 1: %+v", len(list), list)
			}
			bought, _ := got.Output["offeringTransaction"].(map[string]any)
			if id := list[0].TransactionID; bought["transactionId"] != id {
				t.Errorf("the client was told %+v, want of transaction %s", got, id)
			}
			a.server.checkFired(t, 1)
		})
	}
}

// TestFaultAfterCommitChargesDebianAWSCLITwice is the same with a client that sends no invocation id.
func TestFaultAfterCommitChargesDebianAWSCLITwice(t *testing.T) {
	t.Parallel()
	version, err := exec.Command(installed(t, awscli.find)[0], "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(version), "aws-cli/2.9.") {
		t.Skipf("this is about aws-cli/2.9, and not about %s", version)
	}
	a := brokenBy(t, fault{Operation: "PurchaseOffering", DropAfterCommit: true, Times: 1})
	if got := awscli.run(t, a.session(), buyOne)[0]; got.Output == nil {
		t.Errorf("the purchase failed: %+v", got)
	}
	if list := a.transactions(t); len(list) != 2 {
		t.Errorf("%d transactions after two attempts without an invocation id, want 2: %+v", len(list), list)
	}
	a.server.checkFired(t, 1)
}

// TestFaultsThatRetriesOvercome has calls fail twice, in the ways that clients take for passing. With their
// own default settings all of them get through at the third attempt.
func TestFaultsThatRetriesOvercome(t *testing.T) {
	for _, f := range []fault{{Error: "ThrottlingException"}, {Status: http.StatusServiceUnavailable}} {
		for name, c := range clients {
			t.Run(fmt.Sprintf("%s%d/%s", f.Error, f.Status, name), func(t *testing.T) {
				t.Parallel()
				twice := f
				twice.Operation, twice.Times = "PurchaseOffering", 2
				a := brokenBy(t, twice)
				if got := c.run(t, a.session(), buyOne)[0]; got.Output == nil {
					t.Errorf("the purchase failed: %+v", got)
				}
				if list := a.transactions(t); len(list) != 1 {
					t.Errorf("%d transactions, want 1: %+v", len(list), list)
				}
				a.server.checkFired(t, 2)
			})
		}
	}
}

// TestFaultsByName has each exception of the model arrive as the client's own typed exception, also with a
// status that is not its own.
func TestFaultsByName(t *testing.T) {
	names := []string{"ArgumentException", "NotFoundException", "NotEligibleException", "LimitExceededException", "ServiceAccountException"}
	for client, c := range clients {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			var faults []fault
			var want []outcome
			var steps []step
			for _, name := range names {
				faults = append(faults, fault{Error: name, Message: "this is " + name, Times: 1})
				want = append(want, outcome{Error: name, Message: "this is " + name})
				steps = append(steps, step{Operation: "ListOfferings", Input: map[string]any{}})
			}
			faults[1].Status = http.StatusForbidden
			a := brokenBy(t, faults...)
			s := a.session()
			s.maxAttempts = 1
			if diff := cmp.Diff(want, c.run(t, s, steps...)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			a.server.checkFired(t, 1, 1, 1, 1, 1)
		})
	}
}

// TestFaultsOfAllServices has errors arrive that are not in the model: the clients name them all the same.
func TestFaultsOfAllServices(t *testing.T) {
	for name, p := range map[string]program{"boto3": boto3, "gosdk": gosdk, "js": jssdk} {
		for _, exception := range []string{"AccessDeniedException", "ThrottlingException"} {
			t.Run(name+"/"+exception, func(t *testing.T) {
				t.Parallel()
				a := brokenBy(t, fault{Error: exception, Message: "not today"})
				s := a.session()
				s.maxAttempts = 1
				_, stderr, err := p.start(t, s, []step{buyOne})
				if err == nil || !strings.Contains(stderr, exception) || !strings.Contains(stderr, "not today") {
					t.Errorf("the client said %v, %s, want it to name %s", err, stderr, exception)
				}
				a.server.checkFired(t, 1)
			})
		}
	}
}

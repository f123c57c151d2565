package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// session makes calls of the operator API as clients do, and notes which.
type session struct {
	t        *testing.T
	endpoint string
	signer   *sigv4.Signer // nil where nobody has to sign
	played   map[string]bool
}

// send returns the body of an answer that has to be a success.
func (s *session) send(route operatorapi.Route, target string, body []byte) []byte {
	s.t.Helper()
	s.played[route.String()] = true
	r, err := http.NewRequest(route.Method, s.endpoint+target, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.signer != nil {
		if err := s.signer.Sign(r, body, time.Now()); err != nil {
			s.t.Fatal(err)
		}
	}
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode > 299 {
		s.t.Fatalf("%s: %s %s %v", route, response.Status, answer, err)
	}
	return answer
}

// play makes a call and returns its answer. The shape has to know every member
// of the answer, and to write each as it came.
func play[Query, Body, Answer any](s *session, r operatorapi.Request[Query, Body, Answer]) Answer {
	s.t.Helper()
	body, _, err := r.Encoded()
	if err != nil {
		s.t.Fatal(err)
	}
	sent := s.send(r.Route, r.Target(), body)
	var answer Answer
	switch any(answer).(type) {
	case operatorapi.None:
		if len(sent) > 0 {
			s.t.Errorf("%s: %s, want nothing", r.Route, sent)
		}
		return answer
	case operatorapi.Stream:
		if len(sent) == 0 {
			s.t.Errorf("%s: nothing", r.Route)
		}
		return answer
	}
	d := json.NewDecoder(bytes.NewReader(sent))
	d.DisallowUnknownFields()
	if err := d.Decode(&answer); err != nil {
		s.t.Fatalf("%s: %v in %s", r.Route, err, sent)
	}
	again, err := json.Marshal(answer)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(members(s.t, sent), members(s.t, again)); diff != "" {
		s.t.Errorf("%s: the answer, and what its shape makes of it (-sent +read):\n%s", r.Route, diff)
	}
	return answer
}

// members returns what JSON holds, with numbers as they are written.
func members(t *testing.T, body []byte) (value any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// with returns a request with a body.
func with[Query, Body, Answer any](r operatorapi.Request[Query, Body, Answer], body Body) operatorapi.Request[Query, Body, Answer] {
	r.Body = body
	return r
}

// TestOperatorCalls makes every call of the operator API, with the shapes that
// clients have, to a sandbox and to a service.
func TestOperatorCalls(t *testing.T) {
	t.Parallel()
	played := map[string]bool{}
	sandbox := start(t, server.Config{Data: t.TempDir()})
	playSandbox(t, &session{t: t, endpoint: sandbox.Endpoint(), played: played}, sandbox)
	service := install(t)
	service.start()
	playKeys(&session{t: t, endpoint: service.running.Endpoint(), played: played, signer: &sigv4.Signer{
		AccessKeyID: service.operator.id, Secret: service.operator.secret, Region: "us-west-2", Service: "slotfarm",
	}})
	var got []string
	for route := range played {
		got = append(got, route)
	}
	slices.Sort(got)
	if diff := cmp.Diff(operator.Routes(), got); diff != "" {
		t.Errorf("calls that there are, and those made (-want +got):\n%s", diff)
	}
}

func playSandbox(t *testing.T, s *session, f *farm) {
	t.Helper()
	frozen := time.Date(2026, 1, 31, 0, 0, 0, 250_000_000, time.UTC)
	play(s, with(operatorapi.PutAccount.To(alice), operatorapi.Settings{
		Status: new("ACTIVE"), MaxSlots: map[string]int{ios: 5}, Test: new(true), Note: new("a <note>"),
	}))
	play(s, with(operatorapi.FreezeClock.To(alice), operatorapi.FreezeAt(frozen)))
	quote := play(s, with(operatorapi.GetQuote.To(alice), operatorapi.Order{OfferingID: ios, Quantity: 1}))
	if got, want := quote.Cost, (operatorapi.Cost{Amount: "8.07", CurrencyCode: "USD"}); got != want || !quote.EffectiveOn.Equal(frozen) {
		t.Errorf("quote = %+v, want the cost %+v and the time of the clock", quote, want)
	}
	f.accepted(alice, "PurchaseOffering", order(ios, 1))
	play(s, with(operatorapi.CancelRenewal.To(alice, ios), operatorapi.Cancellation{Held: true}))
	play(s, with(operatorapi.AddCredit.To(alice), operatorapi.Credit{Amount: "1.50", CurrencyCode: "USD", Reason: "a correction"}))
	taken := play(s, operatorapi.TakeSnapshot.To(alice))
	play(s, operatorapi.ListSnapshots.To(alice))
	for _, by := range []operatorapi.Advance{operatorapi.AdvanceTo(frozen.AddDate(0, 0, 1)), operatorapi.AdvanceBy(time.Hour), operatorapi.AdvancePeriods(1)} {
		play(s, with(operatorapi.AdvanceClock.To(alice), by))
	}
	play(s, operatorapi.GetStatement.To(alice))
	usage := operatorapi.GetUsage.To()
	usage.Query.Account = alice
	play(s, usage)
	play(s, operatorapi.GetJournal.To(alice))
	play(s, operatorapi.RestoreSnapshot.To(alice, taken.ID))
	play(s, with(operatorapi.RestoreSnapshot.To(alice, taken.ID), operatorapi.Restore{Into: new(bob)}))
	play(s, operatorapi.DeleteSnapshot.To(alice, taken.ID))
	play(s, operatorapi.ReleaseClock.To(alice))
	play(s, operatorapi.GetAccount.To(bob))
	play(s, operatorapi.ListAccounts.To())
	playDocuments(s)
	playLab(s, f)
	play(s, with(operatorapi.PutFaults.To(), operatorapi.FaultRules{Rules: []operatorapi.Fault{{
		Operation: new("PurchaseOffering"), Account: new(alice), Error: new("ThrottlingException"), Message: new("m"), Status: new(429),
		Delay: new("1ms"), Times: new(1), Probability: new(0.5),
	}}}))
	play(s, with(operatorapi.AddFaults.To(), operatorapi.MoreFaults{Rules: []operatorapi.Fault{{DropBeforeCommit: true}, {DropAfterCommit: true}}}))
	play(s, operatorapi.GetFaults.To())
	removing := operatorapi.RemoveFaults.To()
	removing.Query.Account = alice
	play(s, removing)
	play(s, operatorapi.Verify.To())
	play(s, operatorapi.Backup.To())
	play(s, operatorapi.Reset.To())
}

// playLab has a session wait for another one, and a phone go out of use and back.
func playLab(s *session, f *farm) {
	body, err := manifest.FormatFleet(newLab(s.t).fleet)
	if err != nil {
		s.t.Fatal(err)
	}
	play(s, with(operatorapi.PutFleet.To(), body))
	f.accepted(carol, "PurchaseOffering", order(androidRemote, 1))
	f.ready(phones + seats)
	live, waiting := f.enqueue(carol), f.enqueue(carol)
	play(s, operatorapi.ListQueue.To())
	play(s, operatorapi.ListSessions.To())
	play(s, operatorapi.GetSession.To(waiting.ID))
	why := operatorapi.Because{Reason: "a test"}
	play(s, with(operatorapi.EndSession.To(waiting.ID), why))
	play(s, with(operatorapi.EndSession.To(live.ID), why))
	for _, udid := range []string{firstPhone, secondPhone} {
		play(s, with(operatorapi.DrainDevice.To(udid), why))
		play(s, with(operatorapi.ResumeDevice.To(udid), why))
	}
	f.ready(phones + seats)
	play(s, with(operatorapi.QuarantineDevice.To(firstPhone), why))
	play(s, operatorapi.GetDevice.To(firstPhone))
	play(s, operatorapi.ListDevices.To())
	play(s, operatorapi.AuditLab.To())
}

func playDocuments(s *session) {
	play(s, with(operatorapi.PutCatalog.To(), play(s, operatorapi.GetCatalog.To())))
	play(s, operatorapi.ListCatalogVersions.To())
	changed := play(s, with(operatorapi.PutFleet.To(), operatorapi.Document(lab)))
	if changed.Version != 1 || len(changed.Changes) != 6 {
		s.t.Errorf("the fleet changed to %+v, want version 1 with six changes", changed)
	}
	play(s, with(operatorapi.PutFleet.To(), play(s, operatorapi.GetFleet.To())))
	play(s, operatorapi.ListFleetVersions.To())
	play(s, with(operatorapi.PutSeed.To(), play(s, operatorapi.GetSeed.To())))
}

func playKeys(s *session) {
	play(s, operatorapi.PutAccount.To(alice))
	made := play(s, with(operatorapi.CreateKey.To(alice), operatorapi.KeyRequest{Name: "ci"}))
	policy := operatorapi.Document(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"devicefarm:*","Resource":"*"}}`)
	play(s, with(operatorapi.CreateKey.To(alice), operatorapi.KeyRequest{Name: "own", Policy: policy}))
	play(s, with(operatorapi.DisableKey.To(alice, made.ID), operatorapi.KeyState{Disabled: new(true)}))
	play(s, operatorapi.ListKeys.To(alice))
	play(s, operatorapi.DeleteKey.To(alice, made.ID))
	play(s, operatorapi.GetCheckpoint.To())
	play(s, operatorapi.TrustClock.To())
	play(s, with(operatorapi.AcceptDocument.To(), operatorapi.Acceptance{Document: "catalog/head", Reason: "a test"}))
}

package server_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/offline"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
)

// acts returns what the operator's journal says that was done, and by which key.
func (s *served) acts() (all []string) {
	s.t.Helper()
	answer := s.operate(s.operator, "GET", "/accounts/"+string(access.OperatorAccount)+"/journal?limit=1000", "")
	var j operatorapi.Journal
	if err := json.Unmarshal([]byte(answer.body), &j); err != nil {
		s.t.Fatal(err)
	}
	for _, e := range j.Entries {
		if e.Event.Act != nil {
			all = append(all, e.By.Key+": "+e.Event.Act.What)
		}
	}
	return all
}

// TestActsOfTheOperator does everything of which an act is kept, and has the same
// verified before and after the secrets are sealed anew and the server starts again.
func TestActsOfTheOperator(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	const testing = "222222222222"
	team := s.key(team, "")
	keys := "/accounts/111122223333/keys/" + team.id
	s.operate(s.operator, "PUT", keys, `{"disabled":true}`).want(t, "disable", 200, team.id)
	s.operate(s.operator, "PUT", keys, `{"disabled":false}`).want(t, "enable", 200, team.id)
	s.operate(s.operator, "DELETE", keys, "").want(t, "delete", 204, "")
	s.operate(s.operator, "PUT", "/catalog", s.operate(s.operator, "GET", "/catalog", "").body).want(t, "catalogue", 200, ios)
	s.operate(s.operator, "PUT", "/accounts/"+testing, `{"test":true}`).want(t, "test account", 200, testing)
	taken := func() string {
		answer := s.operate(s.operator, "POST", "/accounts/"+testing+"/snapshots", "")
		var shot operatorapi.Snapshot
		if err := json.Unmarshal([]byte(answer.body), &shot); err != nil || shot.ID == "" {
			t.Fatalf("snapshot: %+v, %v", answer, err)
		}
		return "/accounts/" + testing + "/snapshots/" + shot.ID
	}
	first := taken()
	s.operate(s.operator, "PUT", "/accounts/"+testing, `{"note":"later"}`).want(t, "note", 200, testing)
	taken()
	s.operate(s.operator, "POST", first+"/restore", "").want(t, "restore", 200, testing)
	s.operate(s.operator, "POST", first+"/restore", `{"into":"333333333333"}`).want(t, "fork", 200, "333333333333")
	s.operate(s.operator, "DELETE", first, "").want(t, "delete", 204, "")
	want := []string{
		"start: documents adopted", "init: key made", s.operator.id + ": key made", s.operator.id + ": key disabled", s.operator.id + ": key enabled",
		s.operator.id + ": key deleted", s.operator.id + ": catalogue put in force", s.operator.id + ": snapshot taken", s.operator.id + ": snapshot taken",
		s.operator.id + ": snapshot restored", s.operator.id + ": snapshot forked", s.operator.id + ": snapshot deleted",
	}
	if diff := cmp.Diff(want, s.acts()); diff != "" {
		t.Errorf("acts (-want +got):\n%s", diff)
	}
	if journal := s.operate(s.operator, "GET", "/accounts/"+string(access.OperatorAccount)+"/journal?limit=1000", "").body; strings.Contains(journal, s.operator.secret) || strings.Contains(journal, team.secret) {
		t.Error("a secret is in the journal")
	}
	const verified = `"acts":12,"documents":4,"ok":true`
	s.operate(s.operator, "GET", "/verify", "").want(t, "verify", 200, verified)
	s.stop()
	other := parseMaster(t, "7c")
	if err := server.Offline(context.Background(), server.Config{Data: s.dir}, func(p *server.Parts) error {
		p.Installation.Use(s.master)
		return p.Installation.Rekey(context.Background(), other)
	}); err != nil {
		t.Fatal(err)
	}
	s.master = other
	s.start()
	s.operate(s.operator, "GET", "/verify", "").want(t, "verify after rekey", 200, verified)
	s.stop()
	if report, err := offline.Verify(context.Background(), s.dir); err != nil || report.Err() != nil || report.Acts != 12 {
		t.Errorf("verify offline: %+v, %v", report, err)
	}
}

// TestForgedKeyIsNamed takes the key of a team away behind the operator's back:
// verify of the server that is running then names the document.
func TestForgedKeyIsNamed(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	made := s.key(team, "")
	s.stop()
	s.stored(func(kept store.Store) error {
		_, err := kept.Commit(context.Background(), store.Commit{Delete: []string{"access/" + team + "/" + made.id}})
		return err
	})
	s.start()
	s.operate(s.operator, "GET", "/verify", "").want(t, "verify", 200, `"ok":false,"document":"access/`+team+`/`+made.id+`","reason":"it is missing`)
	accept := `{"document":"access/` + team + `/` + made.id + `","reason":"the key is lost"}`
	s.operate(s.operator, "POST", "/documents/accept", accept).want(t, "accept", 204, "")
	s.operate(s.operator, "GET", "/verify", "").want(t, "verify", 200, `"ok":true`)
	s.operate(s.operator, "POST", "/documents/accept", `{"document":"access/master","reason":"x"}`).want(t, "accept another", 404, "is not one that")
}

// TestOperatorAccountStaysOrdinary keeps the account with the acts from going back.
func TestOperatorAccountStaysOrdinary(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	s.operate(s.operator, "PUT", "/accounts/000000000000", `{"test":true}`).want(t, "as a test account", 409, "keeps the operator's acts")
	s.operate(s.operator, "PUT", "/accounts/222222222222", `{"test":true}`).want(t, "test account", 200, "2222")
	answer := s.operate(s.operator, "POST", "/accounts/222222222222/snapshots", "")
	var shot operatorapi.Snapshot
	if err := json.Unmarshal([]byte(answer.body), &shot); err != nil {
		t.Fatal(err)
	}
	s.operate(s.operator, "POST", "/accounts/222222222222/snapshots/"+shot.ID+"/restore", `{"into":"000000000000"}`).
		want(t, "fork into it", 403, "never goes back")
	s.operate(s.operator, "GET", "/verify", "").want(t, "verify", 200, `"ok":true`)
}

// TestActsOfAFormerSandbox makes a service of storage in which a sandbox has opened
// the operator's account as a test account that has bought: acts are kept in it all
// the same, and stand in a checkpoint.
func TestActsOfAFormerSandbox(t *testing.T) {
	t.Parallel()
	frozen := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &served{t: t, dir: t.TempDir(), master: parseMaster(t, "5a")}
	s.at(time.Now())
	sandbox, err := server.Start(context.Background(), server.Config{Data: s.dir, Frozen: &frozen})
	if err != nil {
		t.Fatal(err)
	}
	s.running = sandbox
	s.call(signer{"000000000000", "any"}, "PurchaseOffering", slots(1)).want(t, "buy", 200, "cost")
	s.stop()
	made, err := s.install()
	if err != nil {
		t.Fatal(err)
	}
	s.operator = signer{made.Key.ID, made.Secret}
	s.start()
	s.key(team, "")
	s.operate(s.operator, "GET", "/verify", "").want(t, "verify", 200, `"acts":3,"documents":4,"ok":true`)
	s.operate(s.operator, "GET", "/checkpoint", "").want(t, "checkpoint", 200, `"heads":["000000000000:`)
}

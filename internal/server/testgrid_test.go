package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/simulator"
)

// gridSite returns a server with a simulated browser, and a project of alice's.
func gridSite(t *testing.T) (f *farm, sim *simulator.Server, project string) {
	t.Helper()
	sim, err := simulator.Start(simulator.Config{Browsers: []simulator.Browser{{Name: "chrome", Version: "126.0", Platform: "linux"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	f = start(t, server.Config{Fleet: device.Fleet{Browsers: []device.Browser{
		{Name: "chrome", Version: "126.0", Platform: "linux", WebDriver: sim.BrowserURL("chrome"), Capacity: 2},
	}}})
	return f, sim, f.arnIn(alice, "CreateTestGridProject", `{"name":"web"}`)
}

// fetch sends a request that has to succeed and returns the body of the answer.
func (f *farm) fetch(method, url, body string) []byte {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		f.t.Fatalf("%s %s: %d %s, %v", method, url, res.StatusCode, answer, err)
	}
	return answer
}

// TestTestGrid takes a session on the server's own listener from its URL to its log,
// with the doubled slash of some clients.
func TestTestGrid(t *testing.T) {
	t.Parallel()
	f, sim, project := gridSite(t)
	var made struct{ URL string }
	if err := json.Unmarshal(f.accepted(alice, "CreateTestGridUrl", `{"expiresInSeconds":300,"projectArn":"`+project+`"}`).Body, &made); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.URL, f.Endpoint()+"/wd/") {
		t.Fatalf("URL = %s, want one at %s", made.URL, f.Endpoint())
	}
	var begun struct{ Value struct{ SessionID string } }
	if err := json.Unmarshal(f.fetch(http.MethodPost, made.URL+"//session", `{"capabilities":{"alwaysMatch":{"browserName":"chrome"}}}`), &begun); err != nil {
		t.Fatal(err)
	}
	id := begun.Value.SessionID
	f.fetch(http.MethodPost, made.URL+"/session/"+id+"/url", `{"url":"http://simulated.test/form"}`)
	if title := f.fetch(http.MethodGet, made.URL+"/session/"+id+"/title", ""); !bytes.Contains(title, []byte("A form")) {
		t.Errorf("title = %s", title)
	}
	f.fetch(http.MethodDelete, made.URL+"/session/"+id, "")
	if live := sim.Sessions(); len(live) > 0 {
		t.Errorf("%d sessions live after their end", len(live))
	}
	session := strings.Replace(project, "testgrid-project", "testgrid-session", 1) + "/" + id
	var page struct{ Artifacts []struct{ URL string } }
	if err := json.Unmarshal(f.accepted(alice, "ListTestGridSessionArtifacts", `{"sessionArn":"`+session+`"}`).Body, &page); err != nil || len(page.Artifacts) != 1 {
		t.Fatalf("artifacts = %+v, %v, want a log", page, err)
	}
	ticker := time.NewTicker(50 * time.Millisecond) // the log is written by and by
	defer ticker.Stop()
	for tries := 0; !bytes.Contains(f.fetch(http.MethodGet, page.Artifacts[0].URL, ""), []byte("DELETE /session 200")); tries++ {
		if <-ticker.C; tries == 400 {
			t.Fatal("the end of the session is not in its log")
		}
	}
	f.refused(bob, "GetTestGridSession", `{"sessionArn":"`+session+`"}`, notFound, session)
	f.accepted(alice, "DeleteTestGridProject", `{"projectArn":"`+project+`"}`)
}

package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

const androidRemoteSlot = "D68B3C05-1BA6-4360-BC69-510F4D3B2A03"

// findSelenium returns how to run the client program of Selenium, or an error if there is no Selenium.
func findSelenium() ([]string, error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import boto3, selenium").Run() == nil {
			return []string{python, "../selenium/drive.py"}, nil
		}
	}
	return nil, fmt.Errorf("python3 with boto3 and selenium is not installed")
}

// drive runs the client program with arguments, as an account.
func drive(t *testing.T, s harness.Session, args ...string) []map[string]any {
	t.Helper()
	seen, err := program(t, s, args...)()
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// program returns what runs the client program with arguments, as an account.
func program(t *testing.T, s harness.Session, args ...string) func() ([]map[string]any, error) {
	t.Helper()
	argv := append(harness.Installed(t, findSelenium), "--endpoint-url", s.Endpoint)
	argv, env := append(argv, args...), s.Env(t)
	return func() ([]map[string]any, error) { return run(t.Context(), argv, env) }
}

// run runs a client program, which prints what it saw.
func run(ctx context.Context, argv, env []string) (seen []map[string]any, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = env
	var messages bytes.Buffer
	cmd.Stderr = &messages
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &seen)
	}
	if err != nil {
		err = fmt.Errorf("%v: %w\n%s", argv, err, messages.String())
	}
	return seen, err
}

// backends are the URLs of what is behind the devices and browsers of a server, with the paths of their lists of
// sessions.
func backends(t *testing.T, s *harness.Server) []string {
	t.Helper()
	var fleet struct {
		Devices  []struct{ Instances []struct{ Appium string } }
		Browsers []struct{ WebDriver string }
	}
	s.Operator(t, "GET /fleet", nil, &fleet)
	var urls []string
	for _, d := range fleet.Devices {
		for _, i := range d.Instances {
			urls = append(urls, i.Appium+"/appium/sessions")
		}
	}
	for _, b := range fleet.Browsers {
		urls = append(urls, b.WebDriver+"/sessions")
	}
	return urls
}

// live returns how many sessions live at back-ends, as they say themselves.
func live(t *testing.T, backends []string) (n int) {
	t.Helper()
	for _, url := range backends {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Value []struct{ ID string } }
		err = json.NewDecoder(res.Body).Decode(&list)
		res.Body.Close()
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		n += len(list.Value)
	}
	return n
}

// agree checks that nothing is held, counted or left at the back-ends, and that the books are whole.
func agree(t *testing.T, s *harness.Server) {
	t.Helper()
	var audit struct{ OK bool }
	harness.Await(t, "agreement of what is held, counted and booked", func() bool {
		s.Operator(t, "GET /lab/audit", nil, &audit)
		var sessions struct{ Sessions []any }
		s.Operator(t, "GET /sessions?state=live", nil, &sessions)
		return audit.OK && len(sessions.Sessions) == 0 && live(t, backends(t, s)) == 0
	})
	s.Verify(t)
}

// TestSelenium has python-selenium drive a device and two browsers at end points that boto3 got.
func TestSelenium(t *testing.T) {
	t.Parallel()
	s := harness.StartSandbox(t)
	a := harness.Tenant{Server: s, Account: "111122223333"}
	for _, o := range harness.Gosdk.Run(t, a.Session(), slots(1)) {
		if o.Error != "" {
			t.Fatalf("purchase: %+v", o)
		}
	}
	saw := drive(t, a.Session())[0]
	if png, _ := saw["screenshot"].(float64); png < 1000 {
		t.Errorf("the screenshot has %v bytes", saw["screenshot"])
	}
	delete(saw, "screenshot")
	delete(saw, "statuses")
	want := map[string]any{"udid": "SIM-ANDROID-1", "source": "<?xml", "status": "COMPLETED", "result": "STOPPED", "endpoint": false}
	if diff := cmp.Diff(want, saw); diff != "" {
		t.Errorf("on a device (-want +got):\n%s", diff)
	}
	for browser, version := range map[string]string{"chrome": "140.0", "firefox": "143.0"} {
		want := map[string]any{
			"title": "hello", "browser": browser, "status": "CLOSED",
			"properties": map[string]any{"browser": browser, "browserVersion": version, "platform": "linux"},
		}
		if diff := cmp.Diff(want, drive(t, a.Session(), "--browser", browser)[0]); diff != "" {
			t.Errorf("in a browser (-want +got):\n%s", diff)
		}
	}
	agree(t, s)
}

// slots buys remote access slots for Android.
func slots(n int) harness.Step {
	return harness.Step{Operation: "PurchaseOffering", Input: map[string]any{"offeringId": androidRemoteSlot, "quantity": n}}
}

// TestClientsShareTwoSlots has clients come and go on two slots and one device of the model that they want: the
// back-ends never have more sessions than slots, everybody gets a turn, and every session is in the books.
func TestClientsShareTwoSlots(t *testing.T) {
	t.Parallel()
	const clients, each = 4, 3
	s := harness.StartSandbox(t)
	a := harness.Tenant{Server: s, Account: "111122223333"}
	harness.Gosdk.Run(t, a.Session(), slots(2))
	var running sync.WaitGroup
	for range clients {
		client := program(t, a.Session(), "--sessions", strconv.Itoa(each))
		running.Go(func() {
			if _, err := client(); err != nil {
				t.Error(err)
			}
		})
	}
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	urls, most := backends(t, s), 0
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		default:
			most = max(most, live(t, urls))
		}
	}
	if most > 2 {
		t.Errorf("%d sessions lived at once on two slots", most)
	}
	agree(t, s)
	var statement struct {
		Lines []struct {
			Kind     string
			Quantity int
		}
	}
	s.Operator(t, "GET /accounts/"+a.Account+"/statement", nil, &statement)
	booked := 0
	for _, l := range statement.Lines {
		if l.Kind == "session" {
			booked += l.Quantity
		}
	}
	if booked != clients*each {
		t.Errorf("%d sessions are in the books, want %d", booked, clients*each)
	}
}

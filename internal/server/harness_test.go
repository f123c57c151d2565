package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Values that the tests share.
const (
	alice     = "111111111111"
	bob       = "222222222222"
	ios       = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	android   = "8980F81C-00D7-469D-8EC6-510F4D3B2A02"
	unknown   = "00000000-0000-0000-0000-000000000000"
	promotion = "2FREEMONTHS"
)

// noon is the time at which the clocks of tests are frozen unless a test says
// otherwise.
var noon = time.Date(2016, 8, 31, 12, 59, 0, 0, time.UTC)

// farm is a running server and a client of it.
type farm struct {
	t      *testing.T
	client *http.Client
	*server.Server
}

func start(t *testing.T, config server.Config) *farm {
	t.Helper()
	s, err := server.Start(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &farm{t, &http.Client{Transport: transport}, s}
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Type returns the exception's name; "" of an answer that is none.
func (a answer) Type() string { return a.text("__type") }

// Message returns the exception's message.
func (a answer) Message() string { return a.text("message") }

func (a answer) text(member string) string {
	var body map[string]any
	if json.Unmarshal(a.Body, &body) != nil {
		return ""
	}
	text, _ := body[member].(string)
	return text
}

func (f *farm) do(r *http.Request) answer {
	f.t.Helper()
	response, err := f.client.Do(r)
	if err != nil {
		f.t.Error(err)
		return answer{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Error(err)
	}
	return answer{response.StatusCode, response.Header, body}
}

// request returns a request of an account for an operation, unsent.
func (f *farm) request(account, operation, body string) *http.Request {
	f.t.Helper()
	r, err := http.NewRequest(http.MethodPost, f.Endpoint()+"/", bytes.NewReader([]byte(body)))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+account+
		"/20260101/us-west-2/devicefarm/aws4_request, SignedHeaders=host, Signature=00")
	return r
}

func (f *farm) call(account, operation, body string) answer {
	f.t.Helper()
	return f.do(f.request(account, operation, body))
}

// accepted is call, for answers that have to be a success.
func (f *farm) accepted(account, operation, body string) answer {
	f.t.Helper()
	a := f.call(account, operation, body)
	if a.Status != http.StatusOK {
		f.t.Fatalf("%s %s: %d %s", operation, body, a.Status, a.Body)
	}
	return a
}

// operate calls the operator API and decodes its answer.
func (f *farm) operate(method, path, body string, into any) {
	f.t.Helper()
	r, err := http.NewRequest(method, f.Endpoint()+"/_slotfarm/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		f.t.Fatal(err)
	}
	a := f.do(r)
	if a.Status != http.StatusOK {
		f.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		f.t.Fatal(err)
	}
}

// entries returns how many entries all journals hold, and checks them.
func (f *farm) entries() int {
	f.t.Helper()
	var report struct {
		Entries int
		OK      bool
	}
	f.operate(http.MethodGet, "/verify", "", &report)
	if !report.OK {
		f.t.Errorf("verify: %+v", report)
	}
	return report.Entries
}

func (f *farm) put(account, settings string) {
	f.t.Helper()
	f.operate(http.MethodPut, "/accounts/"+account, settings, &struct{}{})
}

func order(offeringID string, quantity int) string {
	return fmt.Sprintf(`{"offeringId":%q,"quantity":%d}`, offeringID, quantity)
}

func (f *farm) decode(a answer, into any) {
	f.t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		f.t.Fatalf("%v in %s", err, a.Body)
	}
}

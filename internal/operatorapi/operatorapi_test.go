package operatorapi_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	journal := operatorapi.GetJournal.To("111111111111")
	journal.Query.After, journal.Query.Limit = new(int64(0)), new(int64(10))
	page := operatorapi.ListAccounts.To()
	page.Query.After = "1&2"
	for want, got := range map[string]string{
		"/_slotfarm/v1/accounts":                                       operatorapi.ListAccounts.To().Target(),
		"/_slotfarm/v1/accounts?after=1%262":                           page.Target(),
		"/_slotfarm/v1/accounts/a%2Fb%3F":                              operatorapi.GetAccount.To("a/b?").Target(),
		"/_slotfarm/v1/accounts/1/snapshots/s%2F%7B1/restore":          operatorapi.RestoreSnapshot.To("1", "s/{1").Target(),
		"/_slotfarm/v1/accounts/%7Baccount%7D/keys/k":                  operatorapi.DeleteKey.To("{account}", "k").Target(),
		"/_slotfarm/v1/accounts/111111111111/journal":                  operatorapi.GetJournal.To("111111111111").Target(),
		"/_slotfarm/v1/accounts/111111111111/journal?after=0&limit=10": journal.Target(),
	} {
		if got != want {
			t.Errorf("target = %s, want %s", got, want)
		}
	}
}

// TestEncoded has a body of each kind.
func TestEncoded(t *testing.T) {
	t.Parallel()
	account, seed, yaml := operatorapi.PutAccount.To("1"), operatorapi.PutSeed.To(), operatorapi.PutSeed.To()
	seed.Body, yaml.Body = operatorapi.Document(`{"a": 1}`), operatorapi.Document("a: 1\n")
	type sent struct{ Body, Type string }
	encoded := func(body []byte, mediaType string, err error) sent {
		if err != nil {
			t.Error(err)
		}
		return sent{string(body), mediaType}
	}
	got := []sent{
		encoded(operatorapi.GetAccount.To("1").Encoded()), encoded(operatorapi.Reset.To().Encoded()),
		encoded(account.Encoded()), encoded(seed.Encoded()), encoded(yaml.Encoded()),
	}
	want := []sent{{}, {}, {`{}`, "application/json"}, {`{"a": 1}`, "application/json"}, {"a: 1\n", "application/yaml"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("encoded (-want +got):\n%s", diff)
	}
}

// TestQueries reads what was written.
func TestQueries(t *testing.T) {
	t.Parallel()
	type query struct {
		Name  string `query:"name"`
		Count *int64 `query:"count"`
	}
	rapid.Check(t, func(t *rapid.T) {
		want := query{rapid.String().Draw(t, "name"), rapid.Ptr(rapid.Int64Min(0), true).Draw(t, "count")}
		values, err := url.ParseQuery(operatorapi.EncodeQuery(want).Encode())
		if err != nil {
			t.Fatal(err)
		}
		var got query
		if err := operatorapi.DecodeQuery(values, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("query (-want +got):\n%s", diff)
		}
	})
}

func TestQueriesRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"-1", "x", "1.5", "9223372036854775808", " 1", "0x1"} {
		var query operatorapi.JournalQuery
		err := operatorapi.DecodeQuery(url.Values{"limit": {text}}, &query)
		if fault.KindOf(err) != fault.Argument || !strings.HasPrefix(fault.MessageOf(err), `limit "`+text+`" is not a whole number from 0`) {
			t.Errorf("limit %q: %v, want an Argument error", text, err)
		}
	}
}

// TestQueriesOfOtherTypes are mistakes of this package, and not of a caller.
func TestQueriesOfOtherTypes(t *testing.T) {
	t.Parallel()
	var query struct {
		Flag bool `query:"flag"`
	}
	if err := operatorapi.DecodeQuery(url.Values{}, &query); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("a query with a bool: %v, want an Internal error", err)
	}
}

// TestDecimals keep their digits with both JSON libraries.
func TestDecimals(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"250.0", "8.07", "0", "-1.50", "1e3", "123456789012345678901234567890.12"} {
		var d operatorapi.Decimal
		if err := json.Unmarshal([]byte(body), &d); err != nil || string(d) != body {
			t.Errorf("%s is read as %q, %v", body, d, err)
		}
		for name, marshal := range map[string]func() ([]byte, error){
			"encoding/json":     func() ([]byte, error) { return json.Marshal(d) },
			"the server's JSON": func() ([]byte, error) { return jsonv2.Marshal(d) },
		} {
			if got, err := marshal(); err != nil || string(got) != body {
				t.Errorf("%s is written by %s as %s, %v", body, name, got, err)
			}
		}
	}
	for _, body := range []string{`"x"`, `{}`, `true`, `[1]`} {
		var d operatorapi.Decimal
		if err := json.Unmarshal([]byte(body), &d); err == nil {
			t.Errorf("%s is read as %q", body, d)
		}
	}
}

// TestEntries keep their text, with members that the type does not have.
func TestEntries(t *testing.T) {
	t.Parallel()
	const body = `{"entries":[{"v":2,"account":"1","seq":7,"later":{"a":1},"hash":"h"}]}`
	var journal operatorapi.Journal
	if err := json.Unmarshal([]byte(body), &journal); err != nil {
		t.Fatal(err)
	}
	if e := journal.Entries[0]; e.Account != "1" || e.Seq != 7 || e.Hash != "h" {
		t.Errorf("entry = %+v", e)
	}
	for name, marshal := range map[string]func() ([]byte, error){
		"encoding/json":     func() ([]byte, error) { return json.Marshal(journal) },
		"the server's JSON": func() ([]byte, error) { return jsonv2.Marshal(journal) },
	} {
		if got, err := marshal(); err != nil || string(got) != body {
			t.Errorf("%s writes %s, %v, want %s", name, got, err, body)
		}
	}
}

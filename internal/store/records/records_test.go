package records_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/store/records"
)

func record(kind, name, body string) records.Record {
	return records.Record{Kind: kind, Name: name, Body: []byte(body)}
}

func TestDocuments(t *testing.T) {
	found, err := records.Documents([]records.Record{
		record("access", "key/SLOTA", `{"id":"SLOTA","account":"111111111111","secret":"c2VhbGVk"}`),
		record("access", "key/SLOTB", `{"account":"111111111111"`),
		record("access", "key/SLOTC", `{"id":"SLOTC"}`),
		record("access", "master", `1be6dc2501b6b471`),
		record("catalog", "000000009", `{"version":9}`),
		record("catalog", "000000010", `{"version":10}`),
		record("revision", "access", `3b4e`),
		record("snapshot", "222222222222/one", `{"id":"one"}`),
		record("sweep", "3/000000007", `{"until":"2026-01-01T00:00:00Z"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range found {
		got[d.Key] = string(d.Body)
	}
	want := map[string]string{
		"access/111111111111/SLOTA": `{"id":"SLOTA","account":"111111111111","secret":"c2VhbGVk"}`,
		"access/master":             `{"fingerprint":"1be6dc2501b6b471"}`,
		"key/SLOTA":                 `{"account":"111111111111"}`,
		"catalog/head":              `{"version":10}`,
		"catalog/version/000000009": `{"version":9}`,
		"catalog/version/000000010": `{"version":10}`,
		"snapshot/222222222222/one": `{"id":"one"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	for want, r := range map[string]records.Record{
		"the kind is unknown": record("other", "a", `1`),
		"it is not JSON":      record("snapshot", "111111111111/a", `{`),
		"invalid":             record("catalog", "x", `{}`),
		"not valid":           record("snapshot", "/a", `{}`),
	} {
		if _, err := records.Documents([]records.Record{r}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), r.Name) {
			t.Errorf("%+v: %v, want an error with %q", r, err, want)
		}
	}
}

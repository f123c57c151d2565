package server_test

import (
	"net/http"
	"testing"
)

// TestRespelledIdempotencyKey sends a signed purchase again with its key spelled in
// other ways that have the same signature. None of them buys again.
func TestRespelledIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	who := s.key(team, "")
	const doubled = "ArgumentException"
	tests := []struct {
		name, key string
		respelled []string
		status    int
		text      string
	}{
		{"two headers in place of a comma", "team-a,job-9", []string{"team-a", "job-9"}, 400, doubled},
		{"two headers, one of them empty", "team-b,", []string{"team-b", ""}, 400, doubled},
		{"two spaces in place of one", "nightly build 12", []string{"nightly  build   12"}, 200, `"cost"`},
		{"one space in place of two", "nightly  build 13", []string{"nightly build 13"}, 200, `"cost"`},
	}
	for _, tt := range tests {
		r := s.buying(who, tt.key)
		first := s.deliver(r)
		first.want(t, tt.name+": the purchase", 200, `"cost"`)
		again := s.buying(who, tt.key)
		again.Header["Authorization"] = r.Header["Authorization"]
		again.Header["X-Amz-Date"] = r.Header["X-Amz-Date"]
		again.Header["Idempotency-Key"] = tt.respelled
		answer := s.deliver(again)
		answer.want(t, tt.name, tt.status, tt.text)
		if tt.status == http.StatusOK && answer.body != first.body {
			t.Errorf("%s: bought again: %s, want %s", tt.name, answer.body, first.body)
		}
	}
}

// buying returns a purchase with a retry key, signed.
func (s *served) buying(who signer, key string) *http.Request {
	s.t.Helper()
	f := fronts["devicefarm"]
	f.header = map[string]string{"Idempotency-Key": key}
	for name, value := range fronts["devicefarm"].header {
		f.header[name] = value
	}
	return f.request(s, who, *s.wall.Load(), nil)
}

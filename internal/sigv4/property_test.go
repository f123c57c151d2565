package sigv4_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// The alphabets of random requests. Visible has no space, so that a changed byte
// never is white space, which canonical headers do not tell apart.
const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"
	visible = letters + "!\"#$%&'()*+,./:;<=>?@[\\]^_`{|}~"
)

func textOf(alphabet string, minLen, maxLen int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), minLen, maxLen, -1)
}

// randomRequest draws an unsigned request and its body. Header values come from
// the given generator, beside a signed word at either end.
func randomRequest(t *rapid.T, values *rapid.Generator[string]) (*http.Request, string) {
	host := rapid.SampledFrom([]string{"127.0.0.1:8623", "localhost", "[::1]:8623", "lab.example.org:8443"}).Draw(t, "host")
	u := url.URL{Scheme: "http", Host: host, Path: "/" + rapid.String().Draw(t, "path"), RawQuery: randomQuery(t).Encode()}
	if rapid.Bool().Draw(t, "raw path") {
		u.RawPath = strings.ReplaceAll(u.EscapedPath(), "a", "%61")
		u.Path, _ = url.PathUnescape(u.RawPath)
	}
	body := rapid.String().Draw(t, "body")
	r := newRequest(t, textOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1, 8).Draw(t, "method"), "http://"+host, body)
	r.URL = &u
	for range rapid.IntRange(0, 5).Draw(t, "headers") {
		name := rapid.SampledFrom([]string{"X-Amz-", "X-", "My-", "Content-Type-"}).Draw(t, "prefix") + textOf(letters, 1, 8).Draw(t, "name")
		r.Header.Add(name, values.Draw(t, "value"))
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("User-Agent", values.Draw(t, "agent"))
	return r, body
}

func randomQuery(t *rapid.T) url.Values {
	query := make(url.Values)
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"a", "a-", "a/", "A", "ab"})).Draw(t, "parameter")
		query.Add(name, rapid.OneOf(rapid.String(), textOf(visible, 0, 4)).Draw(t, "argument"))
	}
	return query
}

// TestSignEqualsTheSDK signs random requests with both signers, and verifies
// them as a server receives them.
func TestSignEqualsTheSDK(t *testing.T) {
	values := rapid.OneOf(rapid.StringOf(rapid.RuneFrom([]rune(visible+"   \t\u00a0\u00e9\u1234"))), textOf(" x", 0, 8))
	rapid.Check(t, func(t *rapid.T) {
		ours, body := randomRequest(t, values)
		token := rapid.SampledFrom([]string{"", exampleToken}).Draw(t, "token")
		theirs := ours.Clone(t.Context())
		theirs.Body, _ = ours.GetBody()
		if err := signWithOurs(ours, []byte(body), token, exampleTime()); err != nil {
			t.Fatalf("signWithOurs: %v", err)
		}
		if err := signWithSDK(theirs, []byte(body), token, exampleTime()); err != nil {
			t.Fatalf("signWithSDK: %v", err)
		}
		if diff := cmp.Diff(theirs.Header, ours.Header); diff != "" {
			t.Fatalf("headers (-SDK +ours):\n%s", diff)
		}
		for _, r := range []*http.Request{ours, theirs} {
			got, err := verify(deliver(t, r), []byte(body))
			if err != nil || got.SessionToken != (token != "") {
				t.Fatalf("Verify: token %t, %v; want token %t and no error", got.SessionToken, err, token != "")
			}
		}
	})
}

// TestAnyChangedByteIsNoticed changes one byte of a signed request.
func TestAnyChangedByteIsNoticed(t *testing.T) {
	word := textOf(visible, 1, 8)
	values := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "words"), " ") })
	kinds := []fault.Kind{fault.IncompleteSignature, fault.InvalidSignature, fault.Expired, fault.UnknownKey}
	rapid.Check(t, func(t *rapid.T) {
		r, text := randomRequest(t, values)
		mustSign(t, exampleSigner(), r, text)
		r, body := deliver(t, r), []byte(text)
		if _, err := verify(r, body); err != nil {
			t.Fatalf("Verify before the change: %v", err)
		}
		body = changeOne(t, r, body)
		_, err := verify(r, body)
		if got := failureOf(err); !slices.Contains(kinds, got.Kind) || strings.Contains(got.Message, exampleSecret) {
			t.Fatalf("Verify after the change: %+v, want a refusal of kind %d that keeps the secret", got, kinds)
		}
	})
}

// changeOne changes one byte of the request in place, or of the body, which it
// returns.
func changeOne(t *rapid.T, r *http.Request, body []byte) []byte {
	switch rapid.SampledFrom([]string{"body", "authorization", "header", "path", "query", "method", "host"}).Draw(t, "change in") {
	case "body":
		return []byte(changeByte(t, string(body)))
	case "authorization":
		r.Header.Set("Authorization", changeByte(t, r.Header.Get("Authorization")))
	case "header":
		name := rapid.SampledFrom(signedNames(r)).Draw(t, "header")
		i := rapid.IntRange(0, len(r.Header[name])-1).Draw(t, "value")
		r.Header[name][i] = changeByte(t, r.Header[name][i])
	case "path":
		r.URL.Path, r.URL.RawPath = "/"+changeByte(t, r.URL.Path[1:]), ""
	case "query":
		r.URL.RawQuery = changeQuery(t, r.URL.Query()).Encode()
	case "method":
		r.Method = changeByte(t, r.Method)
	case "host":
		r.Host = changeByte(t, r.Host)
	}
	return body
}

// signedNames returns the names of the signed headers in the map, sorted.
func signedNames(r *http.Request) []string {
	var names []string
	for name := range r.Header {
		if name != "Authorization" && name != "User-Agent" && name != "Content-Length" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// changeQuery changes one argument, or adds a parameter where there is none.
func changeQuery(t *rapid.T, query url.Values) url.Values {
	name := rapid.SampledFrom(append(slices.Sorted(maps.Keys(query)), "more")).Draw(t, "parameter")
	query.Set(name, changeByte(t, query.Get(name)))
	return query
}

// changeByte replaces one byte of a text by a visible one; an empty text becomes
// such a byte.
func changeByte(t *rapid.T, text string) string {
	if text == "" {
		return textOf(visible, 1, 1).Draw(t, "byte")
	}
	i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
	others := strings.ReplaceAll(visible, text[i:i+1], "")
	b := rapid.SampledFrom([]byte(others)).Draw(t, "byte")
	return text[:i] + string(b) + text[i+1:]
}

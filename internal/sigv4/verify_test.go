package sigv4_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

const mismatch = "The signature does not match the request. Check the secret access key and that nothing changed the request after it was signed."

func TestVerify(t *testing.T) {
	r, body := purchase(t)
	got, err := verify(deliver(t, r), body)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	want := sigv4.Verified{
		Credential: sigv4.Credential{AccessKeyID: exampleKey, Date: "20150830", Region: "us-east-1", Service: "devicefarm"},
		SignedAt:   exampleTime(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Verify (-want +got):\n%s", diff)
	}
}

func TestVerifyTellsOfASessionToken(t *testing.T) {
	s := exampleSigner()
	s.SessionToken = exampleToken
	r := newRequest(t, http.MethodPost, exampleURL, "{}")
	mustSign(t, s, r, "{}")
	got, err := verify(deliver(t, r), []byte("{}"))
	if err != nil || !got.SessionToken {
		t.Errorf("Verify: SessionToken %t, %v; want true and no error", got.SessionToken, err)
	}
}

// TestVerifyErrors changes a good request in one respect after it was signed.
func TestVerifyErrors(t *testing.T) {
	const (
		lacking = fault.IncompleteSignature
		invalid = fault.InvalidSignature
	)
	rewrite := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
		}
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	add := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add(name, value) }
	}
	remove := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Del(name) }
	}
	tests := map[string]struct {
		change func(*http.Request)
		want   failure
	}{
		"unsigned":                {remove("Authorization"), failure{fault.MissingAuthentication, "The request is not signed: it has no Authorization header."}},
		"no date":                 {remove("X-Amz-Date"), failure{lacking, "The request has neither an X-Amz-Date nor a Date header."}},
		"two dates":               {add("X-Amz-Date", "20150830T123600Z"), failure{lacking, "The request has 2 X-Amz-Date headers; it may have one."}},
		"two tokens":              {func(r *http.Request) { r.Header["X-Amz-Security-Token"] = []string{"a", "a"} }, failure{lacking, "The request has 2 X-Amz-Security-Token headers; it may have one."}},
		"two hashes":              {func(r *http.Request) { r.Header["X-Amz-Content-Sha256"] = []string{"a", "a"} }, failure{lacking, "The request has 2 X-Amz-Content-Sha256 headers; it may have one."}},
		"date of another form":    {set("X-Amz-Date", "2015-08-30T12:36:00Z"), failure{lacking, `The request is dated "2015-08-30T12:36:00Z"; the form is YYYYMMDD'T'HHMMSS'Z'.`}},
		"date with fraction":      {set("X-Amz-Date", "20150830T123600.5Z"), failure{lacking, `The request is dated "20150830T123600.5Z"; the form is YYYYMMDD'T'HHMMSS'Z'.`}},
		"date that is none":       {set("X-Amz-Date", "20150230T123600Z"), failure{lacking, `The request is dated "20150230T123600Z"; the form is YYYYMMDD'T'HHMMSS'Z'.`}},
		"unsigned host":           {rewrite(";host", ""), failure{invalid, `The header "host" has to be signed; SignedHeaders does not name it.`}},
		"unsigned date":           {rewrite(";x-amz-date", ""), failure{invalid, `The header "x-amz-date" has to be signed; SignedHeaders does not name it.`}},
		"unsigned target":         {rewrite(";x-amz-target", ""), failure{invalid, `The header "x-amz-target" has to be signed; SignedHeaders does not name it.`}},
		"unsigned content type":   {rewrite("content-type;", ""), failure{invalid, mismatch}}, // it was signed
		"unsigned retry key":      {set("Idempotency-Key", "a"), failure{invalid, `The header "idempotency-key" has to be signed; SignedHeaders does not name it.`}},
		"unsigned token":          {set("X-Amz-Security-Token", "a"), failure{invalid, `The header "x-amz-security-token" has to be signed; SignedHeaders does not name it.`}},
		"several unsigned":        {func(r *http.Request) { set("X-Amz-Zone", "a")(r); set("X-Amz-Acl", "a")(r) }, failure{invalid, `The header "x-amz-acl" has to be signed; SignedHeaders does not name it.`}},
		"Date instead, unsigned":  {func(r *http.Request) { remove("X-Amz-Date")(r); set("Date", "Sun, 30 Aug 2015 12:36:00 GMT")(r) }, failure{invalid, `The header "date" has to be signed; SignedHeaders does not name it.`}},
		"scope of another day":    {rewrite("/20150830/", "/20150831/"), failure{invalid, `The credential is scoped to the day "20150831"; the request is dated 20150830.`}},
		"scope of other service":  {rewrite("/devicefarm/", "/s3/"), failure{invalid, `The credential is scoped to the service "s3"; this is "devicefarm".`}},
		"scope of another region": {rewrite("/us-east-1/", "/us-west-2/"), failure{invalid, mismatch}},
		"too old":                 {set("X-Amz-Date", "20150830T122059Z"), failure{fault.Expired, "The request was signed for 20150830T122059Z, more than 15m0s from the server's time, 20150830T123600Z."}},
		"too far ahead":           {set("X-Amz-Date", "20150830T125101Z"), failure{fault.Expired, "The request was signed for 20150830T125101Z, more than 15m0s from the server's time, 20150830T123600Z."}},
		"unknown key":             {rewrite(exampleKey, "AKIDOTHER"), failure{fault.UnknownKey, `The access key "AKIDOTHER" does not exist.`}},
		"query that is none":      {func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, failure{invalid, `The query string cannot be read, so no signature matches it: "a=%zz".`}},
		"signed header not sent":  {remove("Amz-Sdk-Invocation-Id"), failure{lacking, `SignedHeaders names "amz-sdk-invocation-id", but the request has no such header.`}},
		"length not sent":         {func(r *http.Request) { r.ContentLength = -1 }, failure{lacking, `SignedHeaders names "content-length", but the request has no such header.`}},
		"trailer":                 {rewrite(";host;", ";host;trailer;"), failure{lacking, `SignedHeaders names "trailer", but the request has no such header.`}},
		"another host":            {func(r *http.Request) { r.Host = "example.org" }, failure{invalid, mismatch}},
		"another length":          {func(r *http.Request) { r.ContentLength++ }, failure{invalid, mismatch}},
		"another query":           {func(r *http.Request) { r.URL.RawQuery = "a=b" }, failure{invalid, mismatch}},
		"one value more":          {add("Content-Type", "text/plain"), failure{invalid, mismatch}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, body := purchase(t)
			r = deliver(t, r)
			tt.change(r)
			_, err := verify(r, body)
			if diff := cmp.Diff(tt.want, failureOf(err)); diff != "" {
				t.Errorf("Verify (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyPayloadHash(t *testing.T) {
	const wrong = "X-Amz-Content-Sha256 is not the hash of the body."
	const hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // of {}
	tests := []struct {
		header string
		want   failure
	}{
		{hash, failure{}},
		{strings.ToUpper(hash), failure{fault.InvalidSignature, wrong}},
		{hash[1:], failure{fault.InvalidSignature, wrong}},
		{"", failure{fault.InvalidSignature, wrong}},
		{"UNSIGNED-PAYLOAD", failure{fault.InvalidSignature, `X-Amz-Content-Sha256 is "UNSIGNED-PAYLOAD"; the body has to be signed as a whole.`}},
		{"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", failure{fault.InvalidSignature, `X-Amz-Content-Sha256 is "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"; the body has to be signed as a whole.`}},
	}
	for _, tt := range tests {
		r := newRequest(t, http.MethodPost, exampleURL, "{}", "X-Amz-Content-Sha256", tt.header)
		mustSign(t, exampleSigner(), r, "{}")
		_, err := verify(deliver(t, r), []byte("{}"))
		if diff := cmp.Diff(tt.want, failureOf(err)); diff != "" {
			t.Errorf("Verify with the hash %q (-want +got):\n%s", tt.header, diff)
		}
	}
}

func TestVerifyWindow(t *testing.T) {
	r, body := purchase(t)
	m := sigv4.Message{HTTP: deliver(t, r), Body: body}
	tests := []struct {
		window, late time.Duration
		want         fault.Kind
	}{
		{0, 15 * time.Minute, fault.Internal},
		{0, -15 * time.Minute, fault.Internal},
		{0, 15*time.Minute + time.Nanosecond, fault.Expired},
		{0, -15*time.Minute - time.Nanosecond, fault.Expired},
		{time.Minute, time.Minute, fault.Internal},
		{time.Minute, time.Minute + time.Nanosecond, fault.Expired},
		{24 * time.Hour, -24 * time.Hour, fault.Internal},
		{0, 200 * 365 * 24 * time.Hour, fault.Expired},
	}
	for _, tt := range tests {
		v := sigv4.Verifier{Service: "devicefarm", Window: tt.window}
		_, err := v.Verify(m, exampleSecrets, exampleTime().Add(tt.late))
		if got := failureOf(err).Kind; got != tt.want || (err != nil) != (tt.want == fault.Expired) {
			t.Errorf("Verify with window %s, %s late: %v, want kind %d", tt.window, tt.late, err, tt.want)
		}
	}
}

// TestVerifyTakesTheSecretAsItIs covers what the secret function may answer.
func TestVerifyTakesTheSecretAsItIs(t *testing.T) {
	away := errors.New("the store is away")
	tests := map[string]struct {
		secret string
		err    error
		want   failure
	}{
		"failure":        {"", away, failure{fault.Internal, fault.InternalMessage}},
		"empty secret":   {"", nil, failure{fault.Internal, fault.InternalMessage}},
		"another secret": {exampleSecret + "x", nil, failure{fault.InvalidSignature, mismatch}},
		"right secret":   {exampleSecret, nil, failure{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := exampleSigner()
			if tt.secret == "" {
				s.Secret = ""
			}
			r := newRequest(t, http.MethodPost, exampleURL, "{}")
			mustSign(t, s, r, "{}")
			v := sigv4.Verifier{Service: "devicefarm"}
			secret := func(string) (string, error) { return tt.secret, tt.err }
			_, err := v.Verify(sigv4.Message{HTTP: deliver(t, r), Body: []byte("{}")}, secret, exampleTime())
			if tt.err != nil && !errors.Is(err, tt.err) {
				t.Errorf("Verify: %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, failureOf(err)); diff != "" {
				t.Errorf("Verify (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVerifyFollowsAChangedSecret uses one verifier before and after a change.
func TestVerifyFollowsAChangedSecret(t *testing.T) {
	v, current := sigv4.Verifier{Service: "devicefarm"}, exampleSecret
	secret := func(string) (string, error) { return current, nil }
	r, body := purchase(t)
	m := sigv4.Message{HTTP: deliver(t, r), Body: body}
	for _, step := range []struct {
		secret string
		want   failure
	}{
		{exampleSecret, failure{}},
		{"changed", failure{fault.InvalidSignature, mismatch}},
		{exampleSecret, failure{}},
	} {
		current = step.secret
		_, err := v.Verify(m, secret, exampleTime())
		if diff := cmp.Diff(step.want, failureOf(err)); diff != "" {
			t.Errorf("Verify with the secret %q (-want +got):\n%s", step.secret, diff)
		}
	}
}

// TestVerifyDate covers requests dated by Date alone, which net/http's servers
// hand over as they were sent.
func TestVerifyDate(t *testing.T) {
	tests := map[string]struct {
		dates []string
		want  failure
	}{
		"HTTP date":    {[]string{"Sun, 30 Aug 2015 12:36:00 GMT"}, failure{}},
		"botocore's":   {[]string{"Sun, 30 Aug 2015 12:36:00 -0000"}, failure{}},
		"another zone": {[]string{"Sun, 30 Aug 2015 14:36:00 +0200"}, failure{}},
		"basic format": {[]string{"20150830T123600Z"}, failure{}},
		"neither":      {[]string{"yesterday"}, failure{fault.IncompleteSignature, `The request is dated "yesterday"; the form is YYYYMMDD'T'HHMMSS'Z'.`}},
		"two":          {[]string{"20150830T123600Z", "20150830T123600Z"}, failure{fault.IncompleteSignature, "The request has 2 Date headers; it may have one."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRequest(t, http.MethodPost, "http://example.amazonaws.com/", "")
			r.Header["Date"] = tt.dates
			r.Header.Set("Authorization", signedByDate(strings.Join(tt.dates, ",")))
			_, err := verify(r, nil)
			if diff := cmp.Diff(tt.want, failureOf(err)); diff != "" {
				t.Errorf("Verify (-want +got):\n%s", diff)
			}
		})
	}
}

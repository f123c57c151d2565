package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// forged is a call with something wrong about its signature, and what each API
// answers to it.
type forged struct {
	name      string
	signer    func(*sigv4.Signer) // how it is signed otherwise than it should be
	late      time.Duration       // how long after the signature it arrives
	change    func(*http.Request) // what is changed once it is signed
	exception string              // of the Device Farm API, with status 400
	code      string              // of the operator API, with status 403
	message   string              // what both say, among other things
}

// Changes of a signed request.
func setHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func addHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func dropHeader(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}

// rewrite replaces what matches a pattern in the Authorization header.
func rewrite(pattern, with string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", regexp.MustCompile(pattern).ReplaceAllString(r.Header.Get("Authorization"), with))
	}
}

func signedFor(service string) func(*sigv4.Signer) {
	return func(s *sigv4.Signer) { s.Service = service }
}

func signedBy(who signer) func(*sigv4.Signer) {
	return func(s *sigv4.Signer) { s.AccessKeyID, s.Secret = who.id, who.secret }
}

// forgeries are the refusals of docs/fidelity.md, "Signatures".
func forgeries(disabled, deleted signer) []forged {
	const (
		missing, missingCode = "MissingAuthenticationTokenException", "MissingAuthentication"
		lacking, lackingCode = "IncompleteSignatureException", "IncompleteSignature"
		invalid, invalidCode = "InvalidSignatureException", "InvalidSignature"
		expired, expiredCode = "RequestExpired", "RequestExpired"
		unknown, unknownCode = "UnrecognizedClientException", "UnknownKey"
		token                = "The security token included in the request is invalid"
		mismatch             = "The signature does not match the request."
	)
	return []forged{
		{name: "no header", change: dropHeader("Authorization"), exception: missing, code: missingCode, message: "no Authorization header"},
		{name: "in the query", change: func(r *http.Request) {
			dropHeader("Authorization")(r)
			r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"
		}, exception: missing, code: missingCode, message: "no Authorization header"},
		{name: "doubled header", change: addHeader("Authorization", "AWS4-HMAC-SHA256"), exception: lacking, code: lackingCode, message: "has 2 Authorization headers"},
		{name: "another algorithm", change: rewrite("HMAC", "ECDSA-P256"), exception: lacking, code: lackingCode, message: `"AWS4-ECDSA-P256-SHA256"; the only algorithm is AWS4-HMAC-SHA256`},
		{name: "no Credential", change: rewrite("Credential=[^,]*, ", ""), exception: lacking, code: lackingCode, message: "lacks Credential"},
		{name: "no SignedHeaders", change: rewrite("SignedHeaders=[^,]*, ", ""), exception: lacking, code: lackingCode, message: "lacks SignedHeaders"},
		{name: "no Signature", change: rewrite(", Signature=.*", ""), exception: lacking, code: lackingCode, message: "lacks Signature"},
		{name: "doubled part", change: rewrite("(, Signature=.*)", "$1$1"), exception: lacking, code: lackingCode, message: "has Signature twice"},
		{name: "short scope", change: rewrite("/us-west-2", ""), exception: lacking, code: lackingCode, message: "it must be key/date/region/service/aws4_request"},
		{name: "terminator", change: rewrite("aws4_request", "aws5_request"), exception: invalid, code: invalidCode, message: `ends in "aws5_request"`},
		{name: "day of the scope", change: rewrite(`/\d{8}/`, "/20150830/"), exception: invalid, code: invalidCode, message: `scoped to the day "20150830"`},
		{name: "service", signer: signedFor("s3"), exception: invalid, code: invalidCode, message: `scoped to the service "s3"`},
		{name: "region of the scope", change: rewrite("/us-west-2/", "/us-east-1/"), exception: invalid, code: invalidCode, message: mismatch},
		{name: "too old", late: 15*time.Minute + time.Second, exception: expired, code: expiredCode, message: "more than 15m0s from the server's time"},
		{name: "too far ahead", late: -15*time.Minute - time.Second, exception: expired, code: expiredCode, message: "more than 15m0s from the server's time"},
		{name: "no date", change: dropHeader("X-Amz-Date"), exception: lacking, code: lackingCode, message: "neither an X-Amz-Date nor a Date header"},
		{name: "doubled date", change: addHeader("X-Amz-Date", "20260101T000000Z"), exception: lacking, code: lackingCode, message: "has 2 X-Amz-Date headers"},
		{name: "date of another form", change: setHeader("X-Amz-Date", "2026-01-01"), exception: lacking, code: lackingCode, message: `dated "2026-01-01"`},
		{name: "doubled token", change: func(r *http.Request) { r.Header["X-Amz-Security-Token"] = []string{"a", "b"} }, exception: lacking, code: lackingCode, message: "has 2 X-Amz-Security-Token headers"},
		{name: "unsigned host", change: rewrite("(=|;)host(;|,)", "${1}h${2}"), exception: invalid, code: invalidCode, message: `"host" has to be signed`},
		{name: "unsigned header", change: setHeader("X-Amz-More", "a"), exception: invalid, code: invalidCode, message: `"x-amz-more" has to be signed`},
		{name: "signed header not sent", change: dropHeader("X-Note"), exception: lacking, code: lackingCode, message: `names "x-note", but the request has no such header`},
		{name: "doubled signed header", change: addHeader("X-Note", "again"), exception: invalid, code: invalidCode, message: mismatch},
		{name: "changed header", change: setHeader("X-Note", "changed"), exception: invalid, code: invalidCode, message: mismatch},
		{name: "hash of another body", change: func(r *http.Request) {
			setHeader("X-Amz-Content-Sha256", strings.Repeat("0", 64))(r)
			rewrite(";x-amz-date", ";x-amz-content-sha256;x-amz-date")(r)
		}, exception: invalid, code: invalidCode, message: "not the hash of the body"},
		{name: "unsigned body", change: func(r *http.Request) {
			setHeader("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")(r)
			rewrite(";x-amz-date", ";x-amz-content-sha256;x-amz-date")(r)
		}, exception: invalid, code: invalidCode, message: "the body has to be signed as a whole"},
		{name: "another secret", signer: func(s *sigv4.Signer) { s.Secret = strings.ToUpper(s.Secret) }, exception: invalid, code: invalidCode, message: mismatch},
		{name: "key that never was", signer: signedBy(signer{"SLOTAAAAAAAAAAAAAAAA", "x"}), exception: unknown, code: unknownCode, message: token},
		{name: "disabled key", signer: signedBy(disabled), exception: unknown, code: unknownCode, message: token},
		{name: "deleted key", signer: signedBy(deleted), exception: unknown, code: unknownCode, message: token},
		{name: "session token", signer: func(s *sigv4.Signer) { s.SessionToken = "IQoJb3JpZ2luX2VjEA" }, exception: unknown, code: unknownCode, message: token},
	}
}

// front is one of the two APIs of a server, with a call that changes something.
type front struct {
	service, method, path, body string
	header                      map[string]string
}

var fronts = map[string]front{
	"devicefarm": {service: "devicefarm", method: "POST", path: "/", body: slots(1), header: map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "DeviceFarm_20150623.PurchaseOffering",
	}},
	"operator": {service: "slotfarm", method: "PUT", path: "/_slotfarm/v1/accounts/" + team + "?for=a%20team", body: `{"maxSlots":{"` + ios + `":9}}`},
}

// request returns the call, signed by a holder of a key at a time.
func (f front) request(s *served, who signer, at time.Time, more func(*sigv4.Signer)) *http.Request {
	s.t.Helper()
	r, err := http.NewRequest(f.method, s.running.Endpoint()+f.path, strings.NewReader(f.body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range f.header {
		r.Header.Set(name, value)
	}
	r.Header.Set("User-Agent", "") // none
	r.Header.Set("X-Note", "signed")
	sign := sigv4.Signer{AccessKeyID: who.id, Secret: who.secret, Region: "us-west-2", Service: f.service}
	if more != nil {
		more(&sign)
	}
	if err := sign.Sign(r, []byte(f.body), at); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// refusal is the body of a refusal of either API.
type refusal struct {
	Type, Message string
	Error         struct{ Code, Message string }
}

// UnmarshalJSON reads both forms.
func (f *refusal) UnmarshalJSON(body []byte) error {
	var both struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Error   struct{ Code, Message string }
	}
	err := json.Unmarshal(body, &both)
	*f = refusal(both)
	return err
}

// TestForgedSignatures holds each refusal of a signature, over HTTP and by both
// APIs, to its documented error; none changes anything.
func TestForgedSignatures(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.at(s.wall.Load().Truncate(time.Second)) // as signatures have it
	s.start()
	full, disabled, deleted := s.key(team, ""), s.key(team, ""), s.key(team, "")
	s.operate(s.operator, "PUT", "/accounts/"+team+"/keys/"+disabled.id, `{"disabled":true}`).want(t, "disable", 200, "")
	s.operate(s.operator, "DELETE", "/accounts/"+team+"/keys/"+deleted.id, "").want(t, "delete", 204, "")
	now := *s.wall.Load()
	for api, f := range fronts {
		who := map[string]signer{"devicefarm": full, "operator": s.operator}[api]
		before := s.operate(s.operator, "GET", "/verify", "").body
		for _, tt := range forgeries(disabled, deleted) {
			r := f.request(s, who, now.Add(-tt.late), tt.signer)
			if tt.change != nil {
				tt.change(r)
			}
			status, want := http.StatusBadRequest, refusal{Type: tt.exception, Message: tt.message}
			if api == "operator" {
				status, want = http.StatusForbidden, refusal{}
				want.Error.Code, want.Error.Message = tt.code, tt.message
			}
			answer := s.deliver(r)
			var got refusal
			if err := json.Unmarshal([]byte(answer.body), &got); err != nil || answer.status != status || got.Type != want.Type || got.Error.Code != want.Error.Code ||
				!strings.Contains(got.Message, want.Message) || !strings.Contains(got.Error.Message, want.Error.Message) {
				t.Errorf("%s, %s: %d %s, want %d %+v", api, tt.name, answer.status, answer.body, status, want)
			}
		}
		if after := s.operate(s.operator, "GET", "/verify", "").body; after != before {
			t.Errorf("%s: journals are %s, want %s", api, after, before)
		}
		for _, late := range []time.Duration{0, 15 * time.Minute, -15 * time.Minute} {
			s.deliver(f.request(s, who, now.Add(-late), nil)).want(t, "the call itself", 200, "")
		}
	}
}

// TestUnsignedIdempotencyKey adds a key to a signed call, which would make a copy
// of it a new purchase.
func TestUnsignedIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	r := fronts["devicefarm"].request(s, s.key(team, ""), *s.wall.Load(), nil)
	r.Header.Set("Idempotency-Key", "another call")
	s.deliver(r).want(t, "unsigned key", 400, `The header \"idempotency-key\" has to be signed`)
}

// unsignedBytes matches the bytes of a request that no signature covers: the
// version of HTTP, and the separators of headers.
var unsignedBytes = regexp.MustCompile(` HTTP/1\.1\r\n|: |\r\n`)

// TestAnyChangedByteIsRefused sends a signed call to either API with each byte of
// its method, path, query, headers and body changed, in two ways.
func TestAnyChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	s := install(t)
	s.start()
	full := s.key(team, "")
	for api, f := range fronts {
		who := map[string]signer{"devicefarm": full, "operator": s.operator}[api]
		var call bytes.Buffer
		if err := f.request(s, who, *s.wall.Load(), nil).Write(&call); err != nil {
			t.Fatal(err)
		}
		wire := call.Bytes()
		uncovered := make([]bool, len(wire))
		for _, span := range unsignedBytes.FindAllIndex(wire, -1) {
			for at := span[0]; at < span[1]; at++ {
				uncovered[at] = true
			}
		}
		before := s.operate(s.operator, "GET", "/verify", "").body
		for at := range wire {
			for _, change := range []byte{0x01, 0x10} {
				changed := bytes.Clone(wire)
				changed[at] ^= change
				if uncovered[at] {
					continue
				}
				if status := s.raw(changed); status < 300 || status >= 500 {
					t.Errorf("%s: byte %d changed by %#x: status %d\n%s", api, at, change, status, changed)
				}
			}
		}
		if after := s.operate(s.operator, "GET", "/verify", "").body; after != before {
			t.Errorf("%s: journals are %s, want %s", api, after, before)
		}
		if status := s.raw(wire); status != 200 {
			t.Errorf("%s: status %d of the call itself", api, status)
		}
	}
}

// raw sends bytes on a connection of their own and returns the status that comes
// back. Spaces go after them, for a body that is announced longer than it is.
func (s *served) raw(wire []byte) int {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.running.Addr())
	if err != nil {
		s.t.Fatal(err)
	}
	defer connection.Close()
	if _, err := connection.Write(append(bytes.Clone(wire), strings.Repeat(" ", 100)...)); err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		s.t.Fatalf("%v after\n%s", err, wire)
	}
	return answer.StatusCode
}

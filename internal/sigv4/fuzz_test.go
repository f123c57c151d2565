package sigv4_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// draft is a request as a fuzzer makes it.
type draft struct {
	method, host, target string
	headers              string // a line each, with a colon behind the name
	body                 string
}

// FuzzVerify signs any request with AWS's two signers for Go and with ours, and
// hands it to the verifier as a server receives it. All three have to be good,
// ours has to be the SDK's, and what differs from a signed request in one byte on
// the wire has to be refused, unless it means the same.
func FuzzVerify(f *testing.F) {
	f.Fuzz(func(t *testing.T, method, host, target, headers, body string, token bool, at uint, change byte) {
		d := draft{method, host, target, headers, body}
		session := ""
		if token {
			session = exampleToken
		}
		ours := d.signed(t, signWithOurs, session)
		wire := write(t, ours)
		for _, r := range []*http.Request{ours, d.signed(t, signWithSDK, session)} {
			if diff := cmp.Diff(ours.Header, r.Header); diff != "" {
				t.Fatalf("headers (-ours +SDK):\n%s", diff)
			}
			wantVerified(t, write(t, r), token)
		}
		if d.suitsSmithy() {
			wantVerified(t, write(t, d.signed(t, signWithSmithy, session)), token)
		}
		wantNoticed(t, wire, int(at%uint(len(wire))), change)
	})
}

// signed returns the request, signed. It skips what net/http would send otherwise
// than it stands here, so that no client could have signed it.
func (d draft) signed(t *testing.T, sign signFunc, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(d.method, "http://"+d.host+"/"+strings.TrimPrefix(d.target, "/"), strings.NewReader(d.body))
	if err != nil || d.method == http.MethodConnect {
		t.Skip("no request")
	}
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		t.Skip("refused in any case, as TestVerifyErrors has it")
	}
	d.fill(r.Header)
	received, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(write(t, r))))
	if err != nil || received.Host != r.Host || received.RequestURI != r.URL.RequestURI() {
		t.Skip("net/http sends something else")
	}
	if err := sign(r, []byte(d.body), token, exampleTime()); err != nil {
		t.Fatalf("sign: %v", err)
	}
	return r
}

// Header lines that may be sent. Values end at control characters.
var headerLine = regexp.MustCompile("(?m)^([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}):([^\\x00-\\x08\\x0a-\\x1f\\x7f]*)$")

// fill adds the headers, 50 at most. Left out are those that the signers set and
// those that net/http writes by itself.
func (d draft) fill(h http.Header) {
	for _, line := range headerLine.FindAllStringSubmatch(d.headers, 50) {
		switch name, value := http.CanonicalHeaderKey(line[1]), line[2]; name {
		case "Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256":
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer", "Expect", "Connection":
		case "User-Agent":
			if strings.TrimSpace(value) != "" {
				h.Set(name, value)
			}
		default:
			h.Add(name, value)
		}
	}
}

// suitsSmithy tells whether smithy's signer can sign the request: it keeps the
// runs of spaces within a value, and sorts a query before it escapes it.
func (d draft) suitsSmithy() bool {
	_, query, _ := strings.Cut(d.target, "?")
	values, err := url.ParseQuery(query)
	return err == nil && !strings.Contains(d.headers, "  ") && !strings.ContainsAny(values.Encode(), "%+")
}

// write returns a request as it goes over the wire.
func write(t *testing.T, r *http.Request) []byte {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Skipf("Write: %v", err)
	}
	r.Body, _ = r.GetBody() // Write has read it
	return wire.Bytes()
}

// read returns a request as net/http hands it to a server's handler, or false
// where the server would answer by itself.
func read(wire []byte) (m sigv4.Message, ok bool) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return m, false
	}
	body, err := io.ReadAll(r.Body)
	return sigv4.Message{HTTP: r, Body: body}, err == nil
}

func wantVerified(t *testing.T, wire []byte, token bool) {
	t.Helper()
	m, ok := read(wire)
	if !ok {
		t.Fatalf("net/http does not read %q", wire)
	}
	got, err := verify(m.HTTP, m.Body)
	if err != nil || got.SessionToken != token || got.AccessKeyID != exampleKey {
		t.Fatalf("Verify: %+v, %v; want a good signature\n%q", got, err, wire)
	}
}

// wantNoticed changes one byte on the wire.
func wantNoticed(t *testing.T, wire []byte, at int, change byte) {
	t.Helper()
	changed := bytes.Clone(wire)
	changed[at] ^= change
	m, ok := read(changed)
	if !ok {
		return
	}
	if _, err := verify(m.HTTP, m.Body); err != nil {
		if got := failureOf(err); got.Kind == fault.Internal || len(got.Message) > 2048 || strings.Contains(got.Message, exampleSecret) {
			t.Fatalf("Verify: %+v, want a short refusal that keeps the secret", got)
		}
		return
	}
	original, _ := read(wire)
	if diff := cmp.Diff(meaningOf(t, original), meaningOf(t, m), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("byte %d changed what was signed, and Verify took it (-signed +changed):\n%s", at, diff)
	}
}

// meaning is what a signature vouches for, read from a request without the
// canonical form that signer and verifier share.
type meaning struct {
	Method, Host, Path string
	Query              url.Values
	Headers            map[string][]string // those that are signed
	Body               string
	Authorization      sigv4.Authorization
}

// meaningOf returns the meaning of a request. White space around a header's value
// and runs of spaces within it mean nothing, and 066 is as long as 66.
func meaningOf(t *testing.T, m sigv4.Message) meaning {
	t.Helper()
	a, err := sigv4.Parse(m.HTTP.Header)
	if err != nil {
		t.Fatal(err)
	}
	query, err := url.ParseQuery(m.HTTP.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	spaces := regexp.MustCompile(" +")
	headers := map[string][]string{}
	for _, name := range a.SignedHeaders {
		if name == "content-length" {
			continue // the body has it
		}
		for _, value := range m.HTTP.Header[http.CanonicalHeaderKey(name)] {
			headers[name] = append(headers[name], spaces.ReplaceAllString(strings.TrimSpace(value), " "))
		}
	}
	return meaning{m.HTTP.Method, m.HTTP.Host, m.HTTP.URL.Path, query, headers, string(m.Body), a}
}

// TestAnyChangedByteIsNoticed changes every byte of a signed call in eight ways.
// Few changes may pass: of the case of a header's name, of the white space before
// its value or at the end of a line, of the name of the unsigned User-Agent or its
// value, and of the version of HTTP.
func TestAnyChangedByteIsNoticed(t *testing.T) {
	r, _ := purchase(t)
	wire := write(t, r)
	for at := range wire {
		for bit := range 8 {
			wantNoticed(t, wire, at, 1<<bit)
		}
	}
}

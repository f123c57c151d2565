package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/aws-http-auth/credentials"
	smithy "github.com/aws/smithy-go/aws-http-auth/sigv4"
	rules "github.com/aws/smithy-go/aws-http-auth/v4"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// signFunc signs a request with the example key for devicefarm in us-east-1.
type signFunc func(r *http.Request, body []byte, token string, now time.Time) error

// signWithSDK signs as the AWS SDK for Go does. It leaves User-Agent out.
func signWithSDK(r *http.Request, body []byte, token string, now time.Time) error {
	key := aws.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret, SessionToken: token}
	hash := sha256.Sum256(body)
	return sdk.NewSigner().SignHTTP(context.Background(), key, r, hex.EncodeToString(hash[:]), "devicefarm", "us-east-1", now)
}

// signWithSmithy signs every header of the map, User-Agent too. It leaves runs of
// spaces as they are, so the requests must have none.
func signWithSmithy(r *http.Request, body []byte, token string, now time.Time) error {
	return smithyWith(everyHeader{})(r, body, token, now)
}

// signLittle signs the host and the X-Amz headers alone, as smithy does by itself.
// AWS's SDK for PHP signs the content type no more than that.
func signLittle(r *http.Request, body []byte, token string, now time.Time) error {
	return smithyWith(nil)(r, body, token, now)
}

// smithyWith returns smithy's signer with rules for which headers it signs.
func smithyWith(headers rules.SignedHeaderRules) signFunc {
	return func(r *http.Request, body []byte, token string, now time.Time) error {
		hash := sha256.Sum256(body)
		return smithy.New(func(o *rules.SignerOptions) { o.HeaderRules = headers }).SignRequest(&smithy.SignRequestInput{
			Request:     r,
			PayloadHash: hash[:],
			Credentials: credentials.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret, SessionToken: token},
			Service:     "devicefarm",
			Region:      "us-east-1",
			Time:        now,
		})
	}
}

type everyHeader struct{}

func (everyHeader) IsSigned(name string) bool { return name != "authorization" }

func signWithOurs(r *http.Request, body []byte, token string, now time.Time) error {
	s := exampleSigner()
	s.SessionToken = token
	return s.Sign(r, body, now)
}

// verifying answers each request with what Verify said of it.
func verifying(t *testing.T, now time.Time) *httptest.Server {
	v := sigv4.Verifier{Service: "devicefarm"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the body: %v", err)
		}
		got, err := v.Verify(sigv4.Message{HTTP: r, Body: body}, exampleSecrets, now)
		if err != nil {
			fmt.Fprint(w, fault.MessageOf(err))
			return
		}
		fmt.Fprintf(w, "%s, token %t", got.AccessKeyID, got.SessionToken)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestOtherSignersThroughAServer sends what other implementations signed over a
// real connection.
func TestOtherSignersThroughAServer(t *testing.T) {
	signers := map[string]signFunc{"sdk": signWithSDK, "smithy": signWithSmithy, "smithy, little": signLittle, "ours": signWithOurs}
	const body = `{"offeringId":"A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01","quantity":1}`
	const agent = "aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#22.0.0"
	usual := []string{"Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "DeviceFarm_20150623.PurchaseOffering"}
	tests := map[string]struct {
		method, target, body, token string
		headers                     []string
		except                      string // the signer that cannot do this
	}{
		"as usual":          {"POST", "/", body, "", usual, ""},
		"session token":     {"POST", "/", body, "IQoJb3JpZ2luX2VjEA//+=", usual, ""},
		"base path":         {"POST", "/base", body, "", usual, ""},
		"base path, slash":  {"POST", "/base/", body, "", usual, ""},
		"no path":           {"POST", "", body, "", usual, ""},
		"user agent":        {"POST", "/", body, "", append([]string{"User-Agent", agent, "X-Amz-User-Agent", agent}, usual...), ""},
		"runs of spaces":    {"POST", "/", body, "", append([]string{"X-Note", " two  and   three "}, usual...), "smithy"},
		"invocation id":     {"POST", "/", body, "", append([]string{"Amz-Sdk-Invocation-Id", "7d2c1b4e", "Amz-Sdk-Request", "attempt=1; max=3"}, usual...), ""},
		"repeated header":   {"POST", "/", body, "", append([]string{"X-Note", "one", "X-Note", "two"}, usual...), ""},
		"no body":           {"POST", "/", "", "", usual, ""},
		"GET":               {"GET", "/_slotfarm/v1/accounts?after=alice&limit=10", "", "", nil, ""},
		"DELETE":            {"DELETE", "/_slotfarm/v1/accounts/alice/keys/AKIDEXAMPLE", "", "", nil, ""},
		"escaped path":      {"POST", "/a%20b/c%2Fd/%e1%88%b4/~(e)!*'", body, "", usual, ""},
		"doubled slashes":   {"POST", "//a//", body, "", usual, ""},
		"dots in the path":  {"POST", "/a/../b/./c", body, "", usual, ""},
		"unusual query":     {"GET", "/?b=2&a=%2Fx&a=-x&a-=3&c&d=e+f&%C3%A9=~%27%28%29*!", "", "", nil, "smithy"}, // it sorts before it escapes
		"equal sign, plus":  {"GET", "/?token=YQ==&token=a%2Bb&=v", "", "", nil, ""},
		"the body's hash":   {"POST", "/", "{}", "", append([]string{"X-Amz-Content-Sha256", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}, usual...), ""},
		"beyond ASCII":      {"POST", "/", body, "", append([]string{"X-Note", "\u00e9t\u00e9 \u1234"}, usual...), ""},
		"cache and cookies": {"POST", "/", body, "", append([]string{"Pragma", "no-cache", "Cookie", "a=b; c=d", "Accept-Encoding", "gzip"}, usual...), ""},
	}
	now := exampleTime()
	server := verifying(t, now)
	for name, tt := range tests {
		for signer, sign := range signers {
			if tt.except != "" && strings.HasPrefix(signer, tt.except) {
				continue
			}
			t.Run(name+"/"+signer, func(t *testing.T) {
				r := newRequest(t, tt.method, server.URL+tt.target, tt.body, tt.headers...)
				if err := sign(r, []byte(tt.body), tt.token, now); err != nil {
					t.Fatalf("sign: %v", err)
				}
				want := fmt.Sprintf("%s, token %t", exampleKey, tt.token != "")
				if got := send(t, server, r); got != want {
					t.Errorf("the server said %q, want %q", got, want)
				}
			})
		}
	}
}

// TestChunkedBodyThroughAServer sends a body of unannounced length. One signer
// signs its Transfer-Encoding, the other nothing of the sort.
func TestChunkedBodyThroughAServer(t *testing.T) {
	server := verifying(t, exampleTime())
	for name, sign := range map[string]signFunc{"smithy": signWithSmithy, "ours": signWithOurs} {
		r := newRequest(t, http.MethodPost, server.URL, "{}", "Transfer-Encoding", "chunked")
		r.ContentLength = -1
		if err := sign(r, []byte("{}"), "", exampleTime()); err != nil {
			t.Fatalf("sign with %s: %v", name, err)
		}
		if got, want := send(t, server, r), exampleKey+", token false"; got != want {
			t.Errorf("signed with %s, the server said %q, want %q", name, got, want)
		}
	}
}

// send returns what the server answers.
func send(t *testing.T, server *httptest.Server, r *http.Request) string {
	t.Helper()
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatalf("Do: %v", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	return string(text)
}

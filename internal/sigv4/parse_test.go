package sigv4_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sigv4"
)

const (
	credentialPart = "Credential=AKIDEXAMPLE/20150830/us-east-1/devicefarm/aws4_request"
	headersPart    = "SignedHeaders=host;x-amz-date"
	digits         = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	signaturePart  = "Signature=" + digits
	good           = "AWS4-HMAC-SHA256 " + credentialPart + ", " + headersPart + ", " + signaturePart
)

func TestParse(t *testing.T) {
	want := sigv4.Authorization{
		Credential:    sigv4.Credential{AccessKeyID: "AKIDEXAMPLE", Date: "20150830", Region: "us-east-1", Service: "devicefarm"},
		SignedHeaders: []string{"host", "x-amz-date"},
		Signature:     digits,
	}
	tests := map[string]string{
		"as AWS's clients write it":  good,
		"without spaces":             "AWS4-HMAC-SHA256 " + credentialPart + "," + headersPart + "," + signaturePart,
		"with more spaces":           "  AWS4-HMAC-SHA256   " + credentialPart + " ,\t" + headersPart + " , " + signaturePart + " ",
		"with parts in another turn": "AWS4-HMAC-SHA256 " + signaturePart + ", " + credentialPart + ", " + headersPart,
	}
	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := sigv4.Parse(http.Header{"Authorization": {value}})
			if err != nil {
				t.Fatalf("Parse(%q): %v", value, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", value, diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	const (
		missing = fault.MissingAuthentication
		lacking = fault.IncompleteSignature
		invalid = fault.InvalidSignature
	)
	edit := func(old, with string) []string { return []string{strings.Replace(good, old, with, 1)} }
	tests := map[string]struct {
		values []string
		want   failure
	}{
		"no header":               {nil, failure{missing, "The request is not signed: it has no Authorization header."}},
		"two headers":             {[]string{good, good}, failure{lacking, "The request has 2 Authorization headers; it must have one."}},
		"long header":             {[]string{good + strings.Repeat(" ", 8<<10)}, failure{lacking, "The Authorization header is longer than 8192 bytes."}},
		"empty":                   {[]string{""}, failure{lacking, `The Authorization header starts with ""; the only algorithm is AWS4-HMAC-SHA256.`}},
		"another scheme":          {[]string{"Basic QWxhZGRpbg=="}, failure{lacking, `The Authorization header starts with "Basic"; the only algorithm is AWS4-HMAC-SHA256.`}},
		"another algorithm":       {edit("HMAC", "ECDSA-P256"), failure{lacking, `The Authorization header starts with "AWS4-ECDSA-P256-SHA256"; the only algorithm is AWS4-HMAC-SHA256.`}},
		"algorithm in lower case": {edit("AWS4-HMAC", "aws4-hmac"), failure{lacking, `The Authorization header starts with "aws4-hmac-SHA256"; the only algorithm is AWS4-HMAC-SHA256.`}},
		"algorithm alone":         {[]string{"AWS4-HMAC-SHA256"}, failure{lacking, `The Authorization header has "", which must be name=value.`}},
		"part without value":      {edit(headersPart, "SignedHeaders"), failure{lacking, `The Authorization header has "SignedHeaders", which must be name=value.`}},
		"comma at the end":        {[]string{good + ","}, failure{lacking, `The Authorization header has "", which must be name=value.`}},
		"unknown part":            {[]string{good + ", Expires=60"}, failure{lacking, `The Authorization header has the unknown part "Expires".`}},
		"part in another case":    {edit("Signature", "signature"), failure{lacking, `The Authorization header has the unknown part "signature".`}},
		"doubled part":            {[]string{good + ", " + signaturePart}, failure{lacking, "The Authorization header has Signature twice."}},
		"no Credential":           {edit(credentialPart+", ", ""), failure{lacking, "The Authorization header lacks Credential."}},
		"empty Credential":        {edit(credentialPart, "Credential="), failure{lacking, "The Authorization header lacks Credential."}},
		"no SignedHeaders":        {edit(headersPart+", ", ""), failure{lacking, "The Authorization header lacks SignedHeaders."}},
		"no Signature":            {edit(", "+signaturePart, ""), failure{lacking, "The Authorization header lacks Signature."}},
		"four credential parts":   {edit("us-east-1/", ""), failure{lacking, `Credential is "AKIDEXAMPLE/20150830/devicefarm/aws4_request"; it must be key/date/region/service/aws4_request.`}},
		"six credential parts":    {edit("us-east-1/", "us/east/"), failure{lacking, `Credential is "AKIDEXAMPLE/20150830/us/east/devicefarm/aws4_request"; it must be key/date/region/service/aws4_request.`}},
		"empty region":            {edit("us-east-1", ""), failure{lacking, `Credential is "AKIDEXAMPLE/20150830//devicefarm/aws4_request"; it must be key/date/region/service/aws4_request.`}},
		"space in credential":     {edit("KIDE", "KID E"), failure{lacking, `Credential is "AKID EXAMPLE/20150830/us-east-1/devicefarm/aws4_request"; it must be key/date/region/service/aws4_request.`}},
		"another terminator":      {edit("aws4_", "aws5_"), failure{invalid, `The credential scope ends in "aws5_request"; it must end in aws4_request.`}},
		"upper-case header":       {edit("host;", "Host;"), failure{lacking, `SignedHeaders has "Host", which is not a lower-case header name.`}},
		"empty header name":       {edit("host;", "host;;"), failure{lacking, `SignedHeaders has "", which is not a lower-case header name.`}},
		"header name with space":  {edit("host;", "ho st;"), failure{lacking, `SignedHeaders has "ho st", which is not a lower-case header name.`}},
		"unsorted headers":        {edit("host;x-amz-date", "x-amz-date;host"), failure{lacking, `SignedHeaders must be sorted and must have each name once; "host" follows "x-amz-date".`}},
		"doubled header name":     {edit("host;", "host;host;"), failure{lacking, `SignedHeaders must be sorted and must have each name once; "host" follows "host".`}},
		"too many headers":        {edit("host;x-amz-date", manyNames(101)), failure{lacking, "SignedHeaders names more than 100 headers."}},
		"short signature":         {edit(digits, digits[1:]), failure{lacking, "Signature must be 64 lower-case hexadecimal digits."}},
		"upper-case signature":    {edit(digits, strings.ToUpper(digits)), failure{lacking, "Signature must be 64 lower-case hexadecimal digits."}},
		"signature of other text": {edit(digits, "g"+digits[1:]), failure{lacking, "Signature must be 64 lower-case hexadecimal digits."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := sigv4.Parse(http.Header{"Authorization": tt.values})
			if diff := cmp.Diff(tt.want, failureOf(err)); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.values, diff)
			}
		})
	}
}

// manyNames returns n sorted header names.
func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "x-" + strconv.Itoa(1000+i)
	}
	return strings.Join(names, ";")
}

func TestParseAllowsAHundredSignedHeaders(t *testing.T) {
	value := strings.Replace(good, "host;x-amz-date", manyNames(100), 1)
	got, err := sigv4.Parse(http.Header{"Authorization": {value}})
	if err != nil || len(got.SignedHeaders) != 100 {
		t.Errorf("Parse: %d signed headers, %v; want 100 and no error", len(got.SignedHeaders), err)
	}
}

func TestAccessKeyID(t *testing.T) {
	tests := map[string]string{
		"":                             "",
		good:                           "AKIDEXAMPLE",
		"AWS4-HMAC-SHA256 Credential=": "",
		"AWS4-HMAC-SHA256 Credential=123456789012/20150830/us-east-1/devicefarm/aws4_request": "123456789012",
		"AWS4-HMAC-SHA256 Credential=test, SignedHeaders=host":                                "test",
		"AWS4-HMAC-SHA256 SignedHeaders=host,Credential=test":                                 "test",
		"Basic QWxhZGRpbg==": "",
	}
	for value, want := range tests {
		r := &http.Request{Header: http.Header{}}
		if value != "" {
			r.Header.Set("Authorization", value)
		}
		if got := sigv4.AccessKeyID(r); got != want {
			t.Errorf("AccessKeyID(%q) = %q, want %q", value, got, want)
		}
	}
}

// FuzzParse holds what Parse accepts against its promises, whatever it is given,
// and reads it again as a signer would write it.
func FuzzParse(f *testing.F) {
	kinds := []fault.Kind{fault.IncompleteSignature, fault.InvalidSignature}
	f.Fuzz(func(t *testing.T, value string) {
		h := http.Header{"Authorization": {value}}
		a, err := sigv4.Parse(h)
		if err != nil {
			if got := failureOf(err); !slices.Contains(kinds, got.Kind) || len(got.Message) > 2048 {
				t.Errorf("Parse(%q): %+v, want a short message of another kind", value, got)
			}
			return
		}
		if n := len(a.SignedHeaders); n < 1 || n > 100 || !slices.IsSorted(a.SignedHeaders) {
			t.Errorf("Parse(%q).SignedHeaders = %q, want 1 to 100 sorted names", value, a.SignedHeaders)
		}
		again, err := sigv4.Parse(http.Header{"Authorization": {fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
			a.AccessKeyID, a.Date, a.Region, a.Service, strings.Join(a.SignedHeaders, ";"), a.Signature)}})
		if diff := cmp.Diff(a, again); err != nil || diff != "" {
			t.Errorf("Parse(%q), written anew: %v (-want +got):\n%s", value, err, diff)
		}
		if got := sigv4.AccessKeyID(&http.Request{Header: h}); got != a.AccessKeyID {
			t.Errorf("AccessKeyID(%q) = %q, and Parse has %q", value, got, a.AccessKeyID)
		}
	})
}

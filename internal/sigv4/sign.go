package sigv4

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Signer signs requests with one access key, for one service in one region.
type Signer struct {
	AccessKeyID  string
	Secret       string
	SessionToken string // sent and signed unless it is empty
	Region       string
	Service      string
}

// Sign signs a request with its body at now: it sets X-Amz-Date, Authorization
// and, if there is a session token, X-Amz-Security-Token, in place of earlier
// ones. Everything else must already be as it will be sent, with header names
// in the form that Header.Set gives them. The body is the one that r will send;
// Sign does not read it from r. It returns an error if the query cannot be
// read.
//
// Sign signs the host, a positive Content-Length and every header except those
// that proxies and transports change, as AWS's SDK for Go does.
func (s Signer) Sign(r *http.Request, body []byte, now time.Time) error {
	now = now.UTC()
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	r.Header.Set("X-Amz-Date", now.Format(timeFormat))
	if s.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", s.SessionToken)
	}
	a := Authorization{
		Credential:    Credential{s.AccessKeyID, now.Format(dayFormat), s.Region, s.Service},
		SignedHeaders: headersToSign(r),
	}
	canonical, err := canonicalRequest(r, a.SignedHeaders, hexSHA256(body))
	if err != nil {
		return err
	}
	a.Signature = deriveKey(s.Secret, a.Credential).sign(stringToSign(now, a.scope(), canonical))
	r.Header.Set("Authorization", a.header())
	return nil
}

// headersToSign returns the names of the headers to sign, as SignedHeaders
// lists them.
func headersToSign(r *http.Request) []string {
	names := []string{"host"}
	if r.ContentLength > 0 {
		names = append(names, "content-length")
	}
	for key, values := range r.Header {
		if len(values) > 0 && signable(key) {
			names = append(names, strings.ToLower(key))
		}
	}
	slices.Sort(names)
	return names
}

// signable reports whether a header of the map is signed. The first five may
// change on the way; the last two come from the request itself.
func signable(key string) bool {
	switch key {
	case "Authorization", "Expect", "Transfer-Encoding", "User-Agent", "X-Amzn-Trace-Id",
		"Content-Length", "Host":
		return false
	}
	return http.CanonicalHeaderKey(key) == key
}

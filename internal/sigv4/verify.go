package sigv4

import (
	"crypto/hmac"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// DefaultWindow is how far the time of a signature may differ from the
// server's, in either direction.
const DefaultWindow = 15 * time.Minute

// Verifier checks the signatures of requests to one service. It is safe for
// concurrent use, and must not be copied after its first use.
type Verifier struct {
	Service string        // as the credential scope names it
	Window  time.Duration // 0 means DefaultWindow; the bound itself is allowed
	Signed  []string      // lower-case names of further headers that have to be signed if they are sent

	keys keyCache
}

// Message is an HTTP request whose body has been read.
type Message struct {
	HTTP *http.Request
	Body []byte
}

// Verified is what a good signature proves about a request.
type Verified struct {
	Credential
	SignedAt     time.Time // in UTC, whole seconds
	SessionToken bool      // whether X-Amz-Security-Token was sent, and therefore signed
}

// Head is what the head of a request says about its signature, before the body
// has arrived. It has not been verified.
type Head struct {
	Authorization
	signedAt time.Time
	request  *http.Request
}

// Verify checks the signature of a message that arrived at now. The secret
// function returns the secret of an access key; its errors are returned
// unchanged, and it is called only if nothing else is wrong with the request.
// Refusing a session token is up to the caller.
//
// The errors are those of Parse and, in this order: IncompleteSignature for a
// time that is missing or malformed and for a duplicate header that must be
// single; InvalidSignature for a header that has to be signed and is not, and
// for a different day or service in the scope; Expired for a time outside the
// window; InvalidSignature for a payload hash that is not the body's and for a
// query that cannot be read; IncompleteSignature for a signed header that the
// request does not have; those of secret; InvalidSignature for a signature that
// the secret did not make. An empty secret is an internal failure.
func (v *Verifier) Verify(m Message, secret func(accessKeyID string) (string, error), now time.Time) (Verified, error) {
	h, err := v.Head(m.HTTP, now)
	if err != nil {
		return Verified{}, err
	}
	text, err := h.text(m.Body)
	if err != nil {
		return Verified{}, err
	}
	known, err := secret(h.AccessKeyID)
	if err != nil {
		return Verified{}, err
	}
	return v.verified(h, text, known)
}

// Head checks everything about a request that arrived at now that can be
// checked without the body and a secret. Errors are those of Verify up to
// Expired.
func (v *Verifier) Head(r *http.Request, now time.Time) (Head, error) {
	a, err := Parse(r.Header)
	if err != nil {
		return Head{}, err
	}
	signedAt, err := signingTime(r.Header)
	if err != nil {
		return Head{}, err
	}
	if err := v.checkSigned(r, a.SignedHeaders); err != nil {
		return Head{}, err
	}
	if err := v.checkScope(a.Credential, signedAt); err != nil {
		return Head{}, err
	}
	return Head{a, signedAt, r}, v.checkWindow(signedAt, now)
}

// Complete checks the signature of a request whose head is valid, once its body
// and the secret of its access key are known. Errors are the other errors of
// Verify.
func (v *Verifier) Complete(h Head, body []byte, secret string) (Verified, error) {
	text, err := h.text(body)
	if err != nil {
		return Verified{}, err
	}
	return v.verified(h, text, secret)
}

// text returns the string to sign.
func (h Head) text(body []byte) (string, error) {
	payload, err := payloadHash(Message{h.request, body})
	if err != nil {
		return "", err
	}
	canonical, err := canonicalRequest(h.request, h.SignedHeaders, payload)
	if err != nil {
		return "", err
	}
	return stringToSign(h.signedAt, h.scope(), canonical), nil
}

// verified returns what the signature proves if the secret made it.
func (v *Verifier) verified(h Head, text, secret string) (Verified, error) {
	if secret == "" {
		return Verified{}, errors.New("sigv4: the access key has an empty secret")
	}
	if !v.matches(h, text, secret) {
		return Verified{}, invalid("The signature does not match the request. Check the secret access key and that nothing changed the request after it was signed.")
	}
	token := len(h.request.Header.Values("X-Amz-Security-Token")) > 0
	return Verified{Credential: h.Credential, SignedAt: h.signedAt, SessionToken: token}, nil
}

// signingTime reads the time of the signature, from X-Amz-Date or, if that is
// missing, from Date. It refuses a request with duplicates of a header that
// must be single.
func signingTime(h http.Header) (time.Time, error) {
	for _, name := range [...]string{"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"} {
		if n := len(h.Values(name)); n > 1 {
			return time.Time{}, incomplete("The request has %d %s headers; it may have one.", n, name)
		}
	}
	if values := h.Values("X-Amz-Date"); len(values) == 1 {
		return parseTime(values[0])
	}
	switch values := h.Values("Date"); len(values) {
	case 0:
		return time.Time{}, incomplete("The request has neither an X-Amz-Date nor a Date header.")
	case 1:
		return parseDate(values[0])
	default:
		return time.Time{}, incomplete("The request has %d Date headers; it may have one.", len(values))
	}
}

// parseDate reads a Date header: an HTTP date, the same with a numeric zone
// (botocore's -0000), or the form of X-Amz-Date.
func parseDate(text string) (time.Time, error) {
	for _, layout := range [...]string{http.TimeFormat, time.RFC1123Z} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Second), nil
		}
	}
	return parseTime(text)
}

func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(timeFormat, text)
	if err != nil || t.Format(timeFormat) != text { // time.Parse accepts fractions of a second
		return time.Time{}, incomplete("The request is dated %.64q; the form is YYYYMMDD'T'HHMMSS'Z'.", text)
	}
	return t, nil
}

// checkSigned checks that all required headers are signed: the host, the time,
// every X-Amz header and those that v.Signed names. The content type need not
// be signed: AWS's SDK for PHP leaves it out. If several are not signed, the
// error names the first in order.
func (v *Verifier) checkSigned(r *http.Request, signed []string) error {
	required := []string{"host"}
	if len(r.Header.Values("X-Amz-Date")) == 0 {
		required = append(required, "date")
	}
	for key := range r.Header {
		name := strings.ToLower(key)
		if strings.HasPrefix(name, "x-amz-") || slices.Contains(v.Signed, name) {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	for _, name := range required {
		if _, ok := slices.BinarySearch(signed, name); !ok {
			return invalid("The header %.64q has to be signed; SignedHeaders does not name it.", name)
		}
	}
	return nil
}

func (v *Verifier) checkScope(c Credential, signedAt time.Time) error {
	if day := signedAt.Format(dayFormat); c.Date != day {
		return invalid("The credential is scoped to the day %.64q; the request is dated %s.", c.Date, day)
	}
	if c.Service != v.Service {
		return invalid("The credential is scoped to the service %.64q; this is %q.", c.Service, v.Service)
	}
	return nil
}

func (v *Verifier) checkWindow(signedAt, now time.Time) error {
	window := v.Window
	if window == 0 {
		window = DefaultWindow
	}
	if now.Sub(signedAt).Abs() <= window {
		return nil
	}
	return fault.New(fault.Expired, "The request was signed for %s, more than %s from the server's time, %s.",
		signedAt.Format(timeFormat), window, now.UTC().Format(timeFormat))
}

// payloadHash returns the hash of the body. If the request states a hash, it
// must be correct.
func payloadHash(m Message) (string, error) {
	hash := hexSHA256(m.Body)
	values := m.HTTP.Header.Values("X-Amz-Content-Sha256")
	switch {
	case len(values) == 0 || values[0] == hash:
		return hash, nil
	case values[0] == "UNSIGNED-PAYLOAD" || strings.HasPrefix(values[0], "STREAMING-"):
		return "", invalid("X-Amz-Content-Sha256 is %.64q; the body has to be signed as a whole.", values[0])
	default:
		return "", invalid("X-Amz-Content-Sha256 is not the hash of the body.")
	}
}

// matches reports whether a secret made the signature. Only keys of valid
// signatures are remembered, so a caller without a secret cannot fill the
// cache.
func (v *Verifier) matches(h Head, text, secret string) bool {
	id := identify(secret, h.Credential)
	key, found := v.keys.find(id)
	if !found {
		key = deriveKey(secret, h.Credential)
	}
	good := hmac.Equal([]byte(key.sign(text)), []byte(h.Signature))
	if good && !found {
		v.keys.keep(id, key)
	}
	return good
}

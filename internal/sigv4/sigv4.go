// Package sigv4 decides whether a request was signed by a holder of the secret
// that belongs to the access key it names: AWS Signature Version 4, carried in
// the Authorization header. It also signs requests that way.
//
// It does not decide whose key that is, whether the key exists or what it may
// do: the caller provides the secret, and learns the key id. Nor does it read
// the body, which the caller passes in full; before that, it reports everything
// that the head alone shows to be wrong.
//
// The form is that of every AWS service except S3: the escaped path is escaped
// once more and is otherwise used as it was sent, without removing dots or
// double slashes. Signatures in the query string, payloads sent unsigned or in
// signed chunks, and asymmetric signatures (SigV4A) are refused: no client of
// these services sends them. Any region is accepted, because clients sign for
// the region that they are configured for.
package sigv4

import (
	"net/http"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// The fixed words of the protocol.
const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
	dayFormat  = "20060102"
)

// The limits of an Authorization header; real headers name about a dozen signed
// headers and have less than half a kilobyte.
const (
	maxAuthorization = 8 << 10 // bytes
	maxSignedHeaders = 100
)

// Credential names an access key and the scope that it signs for.
type Credential struct {
	AccessKeyID string
	Date        string // the UTC day of the signature, as YYYYMMDD
	Region      string
	Service     string
}

// scope returns what the signing key is bound to, as the string to sign
// contains it.
func (c Credential) scope() string {
	return c.Date + "/" + c.Region + "/" + c.Service + "/" + terminator
}

// Authorization is a parsed Authorization header that has not been verified.
type Authorization struct {
	Credential
	SignedHeaders []string // lower-case names, ascending, each once
	Signature     string   // 64 lower-case hexadecimal digits
}

// header returns the value of the Authorization header.
func (a Authorization) header() string {
	return algorithm + " Credential=" + a.AccessKeyID + "/" + a.scope() +
		", SignedHeaders=" + strings.Join(a.SignedHeaders, ";") + ", Signature=" + a.Signature
}

// Parse reads the Authorization header of a request. Errors:
// MissingAuthentication if there is none; IncompleteSignature if there are two,
// if it is too long or of another algorithm, or if a part is missing,
// duplicate, malformed or unknown; InvalidSignature if the scope does not end
// as it must.
func Parse(h http.Header) (Authorization, error) {
	values := h.Values("Authorization")
	switch {
	case len(values) == 0:
		return Authorization{}, fault.New(fault.MissingAuthentication, "The request is not signed: it has no Authorization header.")
	case len(values) > 1:
		return Authorization{}, incomplete("The request has %d Authorization headers; it must have one.", len(values))
	case len(values[0]) > maxAuthorization:
		return Authorization{}, incomplete("The Authorization header is longer than %d bytes.", maxAuthorization)
	}
	parts, err := parseParts(values[0])
	if err != nil {
		return Authorization{}, err
	}
	return parseAuthorization(parts)
}

// AccessKeyID returns the access key id that the request names in its
// Authorization header, or "" if it names none. It checks nothing else, so it
// says who the caller claims to be, not who the caller is.
func AccessKeyID(r *http.Request) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if end := strings.IndexAny(rest, "/, "); end >= 0 {
		return rest[:end]
	}
	return rest
}

// parseParts splits the header's value into its three named parts, in any order.
func parseParts(value string) (map[string]string, error) {
	first, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if first != algorithm {
		return nil, incomplete("The Authorization header starts with %.64q; the only algorithm is %s.", first, algorithm)
	}
	names := [...]string{"Credential", "SignedHeaders", "Signature"}
	parts := make(map[string]string, len(names))
	for part := range strings.SplitSeq(rest, ",") {
		name, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		_, doubled := parts[name]
		switch {
		case !ok:
			return nil, incomplete("The Authorization header has %.64q, which must be name=value.", name)
		case !slices.Contains(names[:], name):
			return nil, incomplete("The Authorization header has the unknown part %.64q.", name)
		case doubled:
			return nil, incomplete("The Authorization header has %s twice.", name)
		}
		parts[name] = text
	}
	for _, name := range names {
		if parts[name] == "" {
			return nil, incomplete("The Authorization header lacks %s.", name)
		}
	}
	return parts, nil
}

func parseAuthorization(parts map[string]string) (Authorization, error) {
	credential, err := parseCredential(parts["Credential"])
	if err != nil {
		return Authorization{}, err
	}
	names, err := parseSignedHeaders(parts["SignedHeaders"])
	if err != nil {
		return Authorization{}, err
	}
	signature := parts["Signature"]
	if len(signature) != 64 || strings.Trim(signature, "0123456789abcdef") != "" {
		return Authorization{}, incomplete("Signature must be 64 lower-case hexadecimal digits.")
	}
	return Authorization{Credential: credential, SignedHeaders: names, Signature: signature}, nil
}

func parseCredential(text string) (Credential, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 5 || slices.Contains(parts, "") || strings.ContainsFunc(text, notVisible) {
		return Credential{}, incomplete("Credential is %.128q; it must be key/date/region/service/%s.", text, terminator)
	}
	if parts[4] != terminator {
		return Credential{}, invalid("The credential scope ends in %.64q; it must end in %s.", parts[4], terminator)
	}
	return Credential{AccessKeyID: parts[0], Date: parts[1], Region: parts[2], Service: parts[3]}, nil
}

func parseSignedHeaders(list string) ([]string, error) {
	if strings.Count(list, ";") >= maxSignedHeaders {
		return nil, incomplete("SignedHeaders names more than %d headers.", maxSignedHeaders)
	}
	names := strings.Split(list, ";")
	for i, name := range names {
		if name == "" || strings.ContainsFunc(name, notInName) {
			return nil, incomplete("SignedHeaders has %.64q, which is not a lower-case header name.", name)
		}
		if i > 0 && name <= names[i-1] {
			return nil, incomplete("SignedHeaders must be sorted and must have each name once; %.64q follows %.64q.", name, names[i-1])
		}
	}
	return names, nil
}

// notVisible reports whether r is not a visible ASCII character.
func notVisible(r rune) bool { return r <= ' ' || r > '~' }

// notInName reports whether a lower-case header name must not contain r.
func notInName(r rune) bool {
	letter := 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func incomplete(format string, args ...any) error {
	return fault.New(fault.IncompleteSignature, format, args...)
}

func invalid(format string, args ...any) error {
	return fault.New(fault.InvalidSignature, format, args...)
}

package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stringToSign returns what the signing key signs: the time, the scope, and the
// hash of the canonical request.
func stringToSign(at time.Time, scope string, canonical []byte) string {
	return algorithm + "\n" + at.UTC().Format(timeFormat) + "\n" + scope + "\n" + hexSHA256(canonical)
}

// canonicalRequest returns the one form that signer and verifier agree on,
// however the request travelled. The names are those of the signed headers,
// lower-case and sorted. Errors: IncompleteSignature for a header that the
// request does not have; InvalidSignature for a query that cannot be read.
func canonicalRequest(r *http.Request, names []string, payload string) ([]byte, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("The query string cannot be read, so no signature matches it: %.128q.", r.URL.RawQuery)
	}
	b := make([]byte, 0, 1024)
	b = append(b, method(r)...)
	b = append(b, '\n')
	b = appendPath(b, r.URL)
	b = append(b, '\n')
	b = appendQuery(b, query)
	b = append(b, '\n')
	for _, name := range names {
		values := headerValues(r, name)
		if len(values) == 0 {
			return nil, incomplete("SignedHeaders names %.64q, but the request has no such header.", name)
		}
		b = appendHeader(b, name, values)
	}
	b = append(b, '\n')
	b = append(b, strings.Join(names, ";")...)
	b = append(b, '\n')
	return append(b, payload...), nil
}

// method returns the request's method; a client may leave GET out.
func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// appendPath appends the path as it is sent, escaped once more.
func appendPath(b []byte, u *url.URL) []byte {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return appendEscaped(b, path, '/')
}

// appendQuery appends the parameters sorted by escaped name, then by escaped
// value. A parameter without a value gets an empty one.
func appendQuery(b []byte, query url.Values) []byte {
	pairs := make([][2]string, 0, len(query))
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, [2]string{escape(name), escape(value)})
		}
	}
	slices.SortFunc(pairs, func(x, y [2]string) int { return slices.Compare(x[:], y[:]) })
	for i, pair := range pairs {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(b, pair[0]...)
		b = append(b, '=')
		b = append(b, pair[1]...)
	}
	return b
}

// headerValues returns the values of a header by its lower-case name, including
// headers that net/http keeps outside the header map. It returns none if the
// header was not sent.
func headerValues(r *http.Request, name string) []string {
	switch name {
	case "host":
		return []string{host(r)}
	case "content-length":
		if r.ContentLength < 0 {
			return nil
		}
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	case "transfer-encoding":
		return r.TransferEncoding
	default:
		return r.Header[http.CanonicalHeaderKey(name)]
	}
}

// host returns the Host header that was received or will be sent.
func host(r *http.Request) string {
	if r.Host == "" {
		return r.URL.Host
	}
	return r.Host
}

// appendHeader appends one line of canonical headers: repeated values are
// joined by commas, each without surrounding white space and with every run of
// spaces made one.
func appendHeader(b []byte, name string, values []string) []byte {
	b = append(b, name...)
	for i, value := range values {
		separator := byte(',')
		if i == 0 {
			separator = ':'
		}
		b = append(b, separator)
		b = appendSingleSpaced(b, strings.TrimSpace(value))
	}
	return append(b, '\n')
}

// SignedValue returns the value of a header in the form that a signature
// covers: without surrounding white space, and with one space for each run of
// spaces. A signature does not distinguish values with the same form.
func SignedValue(value string) string {
	return string(appendSingleSpaced(nil, strings.TrimSpace(value)))
}

// appendSingleSpaced appends text that does not begin with a space.
func appendSingleSpaced(b []byte, text string) []byte {
	for i := range len(text) {
		if text[i] != ' ' || text[i-1] != ' ' {
			b = append(b, text[i])
		}
	}
	return b
}

// escape percent-encodes every byte that is not unreserved in a URI.
func escape(text string) string { return string(appendEscaped(nil, text, '~')) }

// appendEscaped appends what escape returns, but also leaves one more byte
// unescaped.
func appendEscaped(b []byte, text string, keep byte) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		if unreserved(c) || c == keep {
			b = append(b, c)
			continue
		}
		b = append(b, '%', digits[c>>4], digits[c&15])
	}
	return b
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

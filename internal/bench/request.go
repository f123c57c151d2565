package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"
)

// template is a request to an operation of the API without what differs each
// time: account, invocation id, time and signature.
type template struct {
	target string // of the operation, in X-Amz-Target
	body   []byte
	hash   string // of the body, in hexadecimal digits
	check  func(body []byte) bool
}

// newTemplate returns the template of an operation. Its answers must contain
// the texts in want.
func newTemplate(operation string, body []byte, want ...string) *template {
	sum := sha256.Sum256(body)
	return &template{
		target: "DeviceFarm_20150623." + operation, body: body, hash: hex.EncodeToString(sum[:]),
		check: func(body []byte) bool { return holds(body, want) },
	}
}

// holds reports whether a body is an object that contains all texts.
func holds(body []byte, texts []string) bool {
	if len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' {
		return false
	}
	for _, text := range texts {
		if !bytes.Contains(body, []byte(text)) {
			return false
		}
	}
	return true
}

// signedHeaders are the names of the headers that are signed.
const signedHeaders = "amz-sdk-invocation-id;content-length;content-type;host;x-amz-date;x-amz-target"

// writer writes signed requests. It reuses its buffers, so only one goroutine
// at a time may use it, and a request that it returns is valid until the next
// one.
type writer struct {
	host   string
	keys   *keyring
	random *rand.ChaCha8
	stamp  stamp

	out, canonical, text, scratch []byte
}

// newWriter returns a writer of requests to a host, with randomness from seed.
func newWriter(host string, keys *keyring, seed [32]byte) *writer {
	return &writer{host: host, keys: keys, random: rand.NewChaCha8(seed), scratch: make([]byte, 0, 512)}
}

// signed returns a template's request by an account at now, signed, with an
// invocation id of its own as SDKs send.
func (w *writer) signed(t *template, account int, now time.Time) []byte {
	at := w.stamp.at(now)
	var id [36]byte
	w.invocation(&id)
	key := w.keys.key(account, at[:len(dayFormat)])
	w.canonicalRequest(t, at, id[:])

	b := append(w.out[:0], "POST / HTTP/1.1\r\nHost: "...)
	b = append(b, w.host...)
	b = append(b, "\r\nUser-Agent: slotfarm-bench\r\nAmz-Sdk-Invocation-Id: "...)
	b = append(b, id[:]...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(t.body)), 10)
	b = append(b, "\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Date: "...)
	b = append(b, at...)
	b = append(b, "\r\nX-Amz-Target: "...)
	b = append(b, t.target...)
	b = append(b, "\r\nAuthorization: "+algorithm+" Credential="...)
	b = strconv.AppendInt(b, firstNumber+int64(account), 10)
	b = append(b, '/')
	b = appendScope(b, at)
	b = append(b, ", SignedHeaders="+signedHeaders+", Signature="...)
	w.stringToSign(at)
	b = key.sign(b, w.text, w.scratch[:0])
	b = append(b, "\r\n\r\n"...)
	w.out = append(b, t.body...)
	return w.out
}

// canonicalRequest leaves the canonical form of a request in w.canonical.
func (w *writer) canonicalRequest(t *template, at string, id []byte) {
	b := append(w.canonical[:0], "POST\n/\n\namz-sdk-invocation-id:"...)
	b = append(b, id...)
	b = append(b, "\ncontent-length:"...)
	b = strconv.AppendInt(b, int64(len(t.body)), 10)
	b = append(b, "\ncontent-type:application/x-amz-json-1.1\nhost:"...)
	b = append(b, w.host...)
	b = append(b, "\nx-amz-date:"...)
	b = append(b, at...)
	b = append(b, "\nx-amz-target:"...)
	b = append(b, t.target...)
	b = append(b, "\n\n"+signedHeaders+"\n"...)
	w.canonical = append(b, t.hash...)
}

// stringToSign leaves what is signed in w.text.
func (w *writer) stringToSign(at string) {
	b := append(w.text[:0], algorithm+"\n"...)
	b = append(b, at...)
	b = append(b, '\n')
	b = append(appendScope(b, at), '\n')
	sum := sha256.Sum256(w.canonical)
	w.text = hex.AppendEncode(b, sum[:])
}

func appendScope(b []byte, at string) []byte {
	b = append(b, at[:len(dayFormat)]...)
	return append(b, "/"+region+"/"+service+"/"+terminator...)
}

// invocation writes a random UUID.
func (w *writer) invocation(id *[36]byte) {
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:8], w.random.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], w.random.Uint64())
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	at := 0
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		start := [...]int{0, 4, 6, 8, 10}[i]
		if i > 0 {
			id[at] = '-'
			at++
		}
		at += hex.Encode(id[at:], raw[start:end])
	}
}

// operator returns a request to the operator API, without a signature.
func (w *writer) operator(path string, body []byte) []byte {
	b := append(w.out[:0], "POST "...)
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, w.host...)
	b = append(b, "\r\nUser-Agent: slotfarm-bench\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	w.out = append(b, body...)
	return w.out
}

// below returns a random number from 0 to n-1.
func (w *writer) below(n int) int { return int(w.random.Uint64() % uint64(n)) }

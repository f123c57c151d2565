package iam_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/iam"
)

// awsKeys is what scanners take for an AWS access key id, and awsSecrets for its
// secret.
var (
	awsKeys    = regexp.MustCompile(`^(A3T[A-Z0-9]|AKIA|ASIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ABIA|ACCA)`)
	awsSecrets = regexp.MustCompile(`^[A-Za-z0-9/+=]{40}$`)
)

func TestKeysLookLikeAWSsAndAreNotTakenForThem(t *testing.T) {
	ids, secrets := regexp.MustCompile(`^SLOT[A-Z2-7]{16}$`), regexp.MustCompile(`^slot_[A-Za-z0-9_-]{35}$`)
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SliceOfN(rapid.Byte(), 27, 27).Draw(t, "random")
		id, err := iam.NewKeyID(bytes.NewReader(bits))
		if err != nil || !ids.MatchString(id) || awsKeys.MatchString(id) {
			t.Errorf("id %q, %v", id, err)
		}
		secret, err := iam.NewSecret(bytes.NewReader(bits))
		if err != nil || !secrets.MatchString(secret) || awsSecrets.MatchString(secret) {
			t.Errorf("secret %q, %v", secret, err)
		}
	})
}

func TestKeysAreAsRandomAsTheirSource(t *testing.T) {
	type draw struct {
		bits int
		text func(io.Reader) (string, error)
	}
	for name, d := range map[string]draw{"id": {80, iam.NewKeyID}, "secret": {210, iam.NewSecret}} {
		drawn := map[string]bool{}
		for bit := range d.bits {
			source := make([]byte, 32)
			source[bit/8] = 1 << (7 - bit%8)
			text, err := d.text(bytes.NewReader(source))
			if err != nil {
				t.Fatal(err)
			}
			drawn[text] = true
		}
		if len(drawn) != d.bits {
			t.Errorf("%s: %d values from %d bits", name, len(drawn), d.bits)
		}
		broken := errors.New("no randomness")
		if text, err := d.text(iotest.ErrReader(broken)); text != "" || !errors.Is(err, broken) {
			t.Errorf("%s: %q, %v without randomness", name, text, err)
		}
	}
}

func masterKey(t testing.TB) iam.MasterKey {
	t.Helper()
	m, err := iam.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSealedSecretsComeBack(t *testing.T) {
	m := masterKey(t)
	rapid.Check(t, func(t *rapid.T) {
		id, secret := rapid.String().Draw(t, "id"), rapid.String().Draw(t, "secret")
		sealed, err := m.Seal(id, secret)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Open(id, sealed); err != nil || got != secret {
			t.Errorf("%q, %v, want %q", got, err, secret)
		}
		if want := 1 + 12 + len(secret) + 16; len(sealed) != want {
			t.Errorf("%d bytes, want %d", len(sealed), want)
		}
		if other, err := m.Seal(id, secret); err != nil || bytes.Equal(sealed[1:13], other[1:13]) {
			t.Errorf("a nonce is used twice, %v", err)
		}
	})
}

const (
	id     = "SLOTAAAAAAAAAAAAAAAA"
	secret = "slot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func TestChangedSecretsDoNotOpen(t *testing.T) {
	m := masterKey(t)
	sealed, err := m.Seal(id, secret)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(what string, by iam.MasterKey, id string, sealed []byte, want string) {
		t.Helper()
		got, err := by.Open(id, sealed)
		if err == nil || got != "" || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "slot_") {
			t.Errorf("%s: %q, %v, want %q", what, got, err, want)
		}
	}
	const changed = "the master key is a different one, or the secret or its key was changed"
	for bit := range len(sealed) * 8 {
		flipped, want := bytes.Clone(sealed), changed
		flipped[bit/8] ^= 1 << (bit % 8)
		if bit < 8 {
			want = "its format is unknown; this version reads format 1"
		}
		refuse(fmt.Sprintf("bit %d", bit), m, id, flipped, want)
	}
	refuse("another master key", masterKey(t), id, sealed, changed)
	refuse("another key id", m, id[:19]+"B", sealed, changed)
	refuse("no master key", iam.MasterKey{}, id, sealed, "there is no master key")
	refuse("nothing", m, id, nil, "its format is unknown")
	for n := 1; n < len(sealed); n++ {
		refuse(fmt.Sprintf("%d bytes", n), m, id, sealed[:n], changed)
	}
	refuse("one byte more", m, id, append(bytes.Clone(sealed), 0), changed)
	if sealed, err := (&iam.MasterKey{}).Seal(id, secret); err == nil {
		t.Errorf("the zero master key seals: %x", sealed)
	}
}

// TestOldSealsOpen pins the format: what an earlier version sealed has to open.
func TestOldSealsOpen(t *testing.T) {
	m, err := iam.ParseMasterKey("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := base64.StdEncoding.DecodeString(oldSeal)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.Open(id, sealed); err != nil || got != secret {
		t.Errorf("%q, %v, want %q", got, err, secret)
	}
	if got, want := m.Fingerprint(), oldFingerprint; got != want {
		t.Errorf("fingerprint %s, want %s", got, want)
	}
}

// Of a secret that an earlier version sealed. Other implementations of AES-GCM and
// HMAC agree: Node.js and Python open it and have the same fingerprint.
const (
	oldSeal        = "ATBZMWkq27NdHADVXFUI47OHXQ0R+Tx1OZsviKBsNOAoo/rjhyiCwtTFuqDfbBilIIOFl49hAvpttY4PxrwVHsvX9H7+"
	oldFingerprint = "53eb9c3410024b88"
)

func TestMasterKeysAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SliceOfN(rapid.Byte(), 32, 32).Filter(func(b []byte) bool { return !bytes.Equal(b, make([]byte, 32)) }).Draw(t, "bits")
		m, err := iam.NewMasterKey(bytes.NewReader(bits))
		if err != nil {
			t.Fatal(err)
		}
		coded := base64.StdEncoding.EncodeToString(bits)
		for _, text := range []string{m.Text(), m.Text() + "\n", strings.ToUpper(m.Text()), coded, coded + "\n", coded + "\r\n"} {
			if got, err := iam.ParseMasterKey(text); err != nil || got != m {
				t.Errorf("%q: %v, %v", text, got, err)
			}
		}
	})
	if _, err := iam.NewMasterKey(strings.NewReader("too short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("from 9 bytes: %v, want unexpected EOF", err)
	}
}

func TestMasterKeysThatAreNone(t *testing.T) {
	m := masterKey(t)
	good, coded := m.Text(), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	if _, err := iam.ParseMasterKey(coded); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "a line": "\n", "a digit less": good[:63], "a digit more": good + "0", "no digit": "g" + good[1:],
		"a space in front": " " + good, "a second line": good + "\n\n", "a line of two": good + "\n" + good,
		"32 characters": good[:32], "base64 without its end": coded[:43], "base64 of 33 bytes": coded[:43] + "A", "bits behind the last": strings.Repeat("q", 43) + "=",
		"base64 on two lines": coded[:20] + "\n" + coded[20:], "zeros": strings.Repeat("0", 64),
	} {
		_, err := iam.ParseMasterKey(text)
		want := "the master key must be one line of 64 hexadecimal digits, or 32 bytes in base64, and not all zero"
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestMasterKeysPrintAsTheirFingerprints(t *testing.T) {
	m := masterKey(t)
	want := "master key " + m.Fingerprint()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		if got := fmt.Sprintf(verb, m); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
		if got := fmt.Sprintf(verb, struct{ M iam.MasterKey }{m}); got != "{"+want+"}" && got != "struct { M iam.MasterKey }{M:"+want+"}" && got != "{M:"+want+"}" {
			t.Errorf("%s of a struct prints %q", verb, got)
		}
	}
	if got, err := json.Marshal([]any{m}); err != nil || string(got) != "[{}]" {
		t.Errorf("JSON: %s, %v", got, err)
	}
	if other := masterKey(t); other.Fingerprint() == m.Fingerprint() || len(m.Fingerprint()) != 16 {
		t.Errorf("fingerprints %s and %s", m.Fingerprint(), other.Fingerprint())
	}
}

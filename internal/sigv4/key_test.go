package sigv4

import (
	"encoding/hex"
	"strconv"
	"testing"
)

func TestDeriveKeyOfThePublishedExample(t *testing.T) {
	key := deriveKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Credential{Date: "20150830", Region: "us-east-1", Service: "iam"})
	const want = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
	if got := hex.EncodeToString(key[:]); got != want {
		t.Errorf("deriveKey = %s, want %s", got, want)
	}
}

func TestIdentifyTellsEveryInputApart(t *testing.T) {
	inputs := []struct {
		secret string
		c      Credential
	}{
		{"secret", Credential{Date: "20150830", Region: "us-east-1", Service: "iam"}},
		{"secreu", Credential{Date: "20150830", Region: "us-east-1", Service: "iam"}},
		{"secret", Credential{Date: "20150831", Region: "us-east-1", Service: "iam"}},
		{"secret", Credential{Date: "20150830", Region: "us-east-2", Service: "iam"}},
		{"secret", Credential{Date: "20150830", Region: "us-east-1", Service: "iam1"}},
		{"secret2", Credential{Date: "0150830", Region: "us-east-1", Service: "iam"}},
		{"secret", Credential{Date: "20150830", Region: "us-east-1i", Service: "am"}},
	}
	seen := make(map[keyID]int)
	for i, in := range inputs {
		id := identify(in.secret, in.c)
		if j, ok := seen[id]; ok {
			t.Errorf("identify gives %+v and %+v one id", in, inputs[j])
		}
		seen[id] = i
	}
}

func TestKeyCacheIsBounded(t *testing.T) {
	var cache keyCache
	for i := range 3 * maxKeys {
		credential := Credential{Region: strconv.Itoa(i)}
		id, key := identify("secret", credential), deriveKey("secret", credential)
		cache.keep(id, key)
		if got, ok := cache.find(id); !ok || got != key {
			t.Fatalf("find after keep %d = %x, %t, want %x", i, got, ok, key)
		}
	}
	if got := len(cache.keys); got != maxKeys {
		t.Errorf("the cache holds %d keys, want %d", got, maxKeys)
	}
}

// TestOnlyGoodSignaturesEnterTheCache keeps callers without a secret from
// pushing out the keys of callers with one.
func TestOnlyGoodSignaturesEnterTheCache(t *testing.T) {
	var v Verifier
	const text = "text"
	h := Head{Authorization: Authorization{Credential: Credential{Region: "us-east-1"}}}
	h.Signature = deriveKey("other", h.Credential).sign(text)
	if v.matches(h, text, "secret") || len(v.keys.keys) != 0 {
		t.Errorf("a wrong signature matched or left %d keys, want neither", len(v.keys.keys))
	}
	h.Signature = deriveKey("secret", h.Credential).sign(text)
	if !v.matches(h, text, "secret") || len(v.keys.keys) != 1 {
		t.Errorf("a right signature did not match or left %d keys, want 1", len(v.keys.keys))
	}
	if !v.matches(h, text, "secret") || v.matches(h, text, "other") {
		t.Error("with the key in the cache, the right secret must match and a changed one must not")
	}
}

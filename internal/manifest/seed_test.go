package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/manifest"
)

// seed is a JSON document with one account that has members.
func seed(members string) string { return `{"accounts":[{"account":"111111111111",` + members + `}]}` }

func TestBadSeeds(t *testing.T) {
	const known = "account, status, note, test, maxSlots, limits, now, purchases, renewals, history"
	const one = `{"offeringId":"` + ios + `","quantity":1}`
	for _, tt := range []struct {
		name, body string
		kind       fault.Kind
		want       string
	}{
		{"unknown at the top", `{"account":[]}`, fault.Malformed, `member "account" is unknown; it must be one of catalog, accounts`},
		{"unknown of an account", seed(`"state":"ACTIVE"`), fault.Malformed, `member "accounts[0].state" is unknown; it must be one of ` + known},
		{"unknown of an order", seed(`"purchases":[` + one + `,{"offering":"x"}]`), fault.Malformed,
			`member "accounts[0].purchases[1].offering" is unknown; it must be one of at, offeringId, quantity, offeringPromotionId`},
		{"unknown of a step", seed(`"history":[{"buy":{}}]`), fault.Malformed, `member "accounts[0].history[0].buy" is unknown; it must be one of at, purchase, renew, set`},
		{"unknown of settings", seed(`"history":[{"set":{"test":true}}]`), fault.Malformed, `member "accounts[0].history[0].set.test" is unknown; it must be one of status, note, maxSlots`},
		{"unknown of an order in a step", seed(`"history":[{"renew":{"qty":1}}]`), fault.Malformed, `member "accounts[0].history[0].renew.qty" is unknown`},
		{"unknown of the catalogue", `{"catalog":{"x":1}}`, fault.Malformed, `member "catalog.x" is unknown; it must be one of offerings, promotions`},
		{"twice", seed(`"test":true,"test":true`), fault.Malformed, `member "accounts[0].test" appears twice`},
		{"offering twice", seed(`"maxSlots":{"a":1,"a":1}`), fault.Malformed, `member "accounts[0].maxSlots.a" appears twice`},
		{"null", seed(`"now":null`), fault.Malformed, `member "accounts[0].now" is null; leave it out or give it a value`},
		{"null account", `{"accounts":[null]}`, fault.Malformed, `member "accounts[0]" is null`},
		{"null accounts", `{"accounts":null}`, fault.Malformed, `member "accounts" is null`},
		{"null order", seed(`"history":[{"purchase":null}]`), fault.Malformed, `member "accounts[0].history[0].purchase" is null`},
		{"null limit", seed(`"maxSlots":{"a":null}`), fault.Malformed, `member "accounts[0].maxSlots.a" is null`},
		{"null catalogue", `{"catalog":null}`, fault.Malformed, `member "catalog" is null`},
		{"array", `[]`, fault.Malformed, "the body is a JSON array; it must be an object"},
		{"account missing", `{"accounts":[{}]}`, fault.Argument, `accounts[0].account "" is missing`},
		{"account twice", `{"accounts":[{"account":"111111111111"},{"account":111111111111}]}`, fault.Argument, `accounts[1].account "111111111111" is missing or appears twice`},
		{"account short", `{"accounts":[{"account":"1"}]}`, fault.Malformed, `member "accounts[0].account" is "1"; an account id has twelve digits`},
		{"account with a fraction", `{"accounts":[{"account":11111111111.1}]}`, fault.Malformed, "an account id has twelve digits"},
		{"account a truth", `{"accounts":[{"account":true}]}`, fault.Malformed, `member "accounts[0].account" is a JSON boolean`},
		{"accounts an object", `{"accounts":{}}`, fault.Malformed, `member "accounts" is a JSON object; it must be an array`},
		{"test a string", seed(`"test":"yes"`), fault.Malformed, `member "accounts[0].test" is a JSON string; it must be a boolean`},
		{"status a number", seed(`"status":1`), fault.Malformed, `member "accounts[0].status" is a JSON number; it must be a string`},
		{"limit a half", seed(`"maxSlots":{"a":0.5}`), fault.Malformed, `member "accounts[0].maxSlots.a" is 0.5; it must be a whole number`},
		{"limits a list", seed(`"maxSlots":[]`), fault.Malformed, `member "accounts[0].maxSlots" is a JSON array; it must be an object`},
		{"quantity a string", seed(`"renewals":[{"quantity":"1"}]`), fault.Malformed, `member "accounts[0].renewals[0].quantity" is a JSON string; it must be a whole number`},
		{"quantity 2^63", seed(`"renewals":[{"quantity":9223372036854775808}]`), fault.Malformed, `" is 9223372036854775808, which is out of range`},
		{"quantity missing", seed(`"renewals":[{"offeringId":"` + ios + `"}]`), fault.Argument, "accounts[0].renewals[0]: quantity is missing; it is required"},
		{"quantity missing in a step", seed(`"history":[{"renew":{}}]`), fault.Argument, "accounts[0].history[0]: quantity is missing"},
		{"now a date", seed(`"now":"2026-01-31"`), fault.Malformed, `member "accounts[0].now" is "2026-01-31"; it must be an RFC 3339 time`},
		{"now before 1970", seed(`"now":"1969-12-31T23:59:59Z"`), fault.Malformed, `member "accounts[0].now" is "1969-12-31T23:59:59Z"; it must be a time from 1970 to 9999`},
		{"now past 9999", seed(`"now":"9999-12-31T23:59:59-00:01"`), fault.Malformed, "it must be a time from 1970 to 9999"},
		{"now five digits", seed(`"now":"10000-01-01T00:00:00Z"`), fault.Malformed, "it must be an RFC 3339 time"},
		{"at zero", seed(`"purchases":[{"at":"0001-01-01T00:00:00Z"}]`), fault.Malformed, `member "accounts[0].purchases[0].at" is "0001-01-01T00:00:00Z"`},
		{"at a number", seed(`"purchases":[{"at":1769817600}]`), fault.Malformed, `member "accounts[0].purchases[0].at" is "1769817600"; it must be an RFC 3339 time`},
		{"at inside", seed(`"history":[{"purchase":{"at":"2026-01-01T00:00:00Z","quantity":1}}]`), fault.Argument, "accounts[0].history[0]: at must be a sibling of purchase and renew, not a member of them"},
		{"step of nothing", seed(`"history":[{}]`), fault.Argument, "accounts[0].history[0] needs exactly one of purchase, renew, set, cancel, credit and session"},
		{"step of two", seed(`"history":[{"set":{},"purchase":` + one + `}]`), fault.Argument, "accounts[0].history[0] needs exactly one of purchase, renew, set, cancel, credit and session"},
		{"cut off", `{"accounts":[`, fault.Malformed, "the body is not valid JSON at byte 13"},
		{"two objects", `{} {}`, fault.Malformed, "not valid JSON at byte 3"},
		{"UTF-8", "{\"accounts\xff\":1}", fault.Malformed, "not valid JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := manifest.ParseSeed([]byte(tt.body))
			wantRefused(t, err, tt.kind, tt.want)
		})
	}
}

// bomb returns a YAML document in which each of levels anchors holds the one
// before it width times.
func bomb(levels, width int) string {
	var text strings.Builder
	text.WriteString("accounts:\n- &a0 [x]\n")
	for i := range levels {
		fmt.Fprintf(&text, "- &a%d [%s]\n", i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), width), ", "))
	}
	return text.String()
}

func TestBadYAML(t *testing.T) {
	const deep = "the document is nested too deeply or grows too large"
	for _, tt := range []struct {
		name, body string
		kind       fault.Kind
		want       string
	}{
		{"tab", "accounts:\n\t- account: 1\n", fault.Malformed, "the document is not valid YAML: line 2: found character that cannot start any token"},
		{"not UTF-8", "accounts: \xff\n", fault.Malformed, "the document is not valid YAML"},
		{"not UTF-8 later", "accounts: []\n# \xc3\x28\n", fault.Malformed, "the document is not valid YAML"},
		{"control character", "accounts: \x01\n", fault.Malformed, "the document is not valid YAML: control characters are not allowed"},
		{"UTF-16", "\xff\xfea\x00:\x00\x00\xd8", fault.Malformed, "the document is not valid YAML"},
		{"half a surrogate", `accounts: "\ud800"`, fault.Malformed, "the document is not valid YAML"},
		{"cut off", "accounts: [", fault.Malformed, "the document is not valid YAML"},
		{"unknown anchor", "accounts: *a", fault.Malformed, "unknown anchor 'a'"},
		{"two documents", "accounts: []\n---\naccounts: []\n", fault.Malformed, "a second document follows the first"},
		{"end and garbage", "accounts: []\n...\n}{\n", fault.Malformed, "a second document follows the first"},
		{"empty", "---\n...\n", fault.Malformed, "the body is a JSON null; it must be an object"},
		{"nothing", "", fault.Malformed, "the document is empty"},
		{"scalar", "accounts", fault.Malformed, "the body is a JSON string; it must be an object"},
		{"form", "account=1&status=ACTIVE", fault.Malformed, "the body is a JSON string"},
		{"list", "- accounts", fault.Malformed, "the body is a JSON array"},
		{"null", "accounts: ~", fault.Malformed, `member "accounts" is null`},
		{"nothing behind the colon", "accounts:\n", fault.Malformed, `member "accounts" is null`},
		{"twice", "accounts: []\naccounts: []\n", fault.Malformed, `member "accounts" appears twice`},
		{"unknown", "accounts:\n- account: 111111111111\n  purchases:\n  - offering: x\n", fault.Malformed, `member "accounts[0].purchases[0].offering" is unknown`},
		{"merge key", "accounts:\n- &a {account: 111111111111}\n- <<: *a\n", fault.Malformed, `member "accounts[1].<<" is unknown`},
		{"key a list", "? [a]\n: 1\n", fault.Malformed, "line 1: a key must be plain text"},
		{"key an alias", "accounts: &a x\n*a : 1\n", fault.Malformed, "line 2: a key must be plain text"},
		{"yes", "accounts:\n- {account: 111111111111, test: yes}\n", fault.Malformed, `member "accounts[0].test" is a JSON string; it must be a boolean`},
		{"tagged yes", "accounts:\n- {account: 111111111111, test: !!bool yes}\n", fault.Malformed, `member "accounts[0].test" is a JSON string; it must be a boolean`},
		{"number with underscores", "accounts:\n- {account: 111111111111, maxSlots: {a: 1_000}}\n", fault.Malformed, "is a JSON string; it must be a whole number"},
		{"hexadecimal", "accounts:\n- {account: 111111111111, maxSlots: {a: 0x10}}\n", fault.Malformed, "is a JSON string; it must be a whole number"},
		{"infinite", "accounts:\n- {account: 111111111111, maxSlots: {a: .inf}}\n", fault.Malformed, "is a JSON string; it must be a whole number"},
		{"account of eleven digits", "accounts:\n- {account: 00000000000}\n", fault.Malformed, `member "accounts[0].account" is "00000000000"`},
		{"bomb", bomb(20, 10), fault.TooLarge, deep},
		{"anchor in itself", "accounts: &a [*a]\n", fault.TooLarge, "line 1: " + deep},
		{"anchor in itself, wide", "accounts: &a [*a, *a, *a, *a]\n", fault.TooLarge, deep},
		{"large scalars", "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a, ", 100) + "*a]\n", fault.TooLarge, deep},
		{"deep in flow", "accounts: " + strings.Repeat("[", 70) + strings.Repeat("]", 70), fault.TooLarge, deep},
		{"very deep in flow", "accounts: " + strings.Repeat("[", 1<<20), fault.Malformed, "the document is not valid YAML"},
		{"deep in blocks", strings.Repeat("- ", 200) + "x", fault.TooLarge, deep},
		{"very deep in blocks", strings.Repeat("- ", 1<<20) + "x", fault.Malformed, "the document is not valid YAML"},
		{"deep JSON", `{"accounts":` + strings.Repeat("[", 1<<20), fault.Malformed, `member "accounts[0]" is a JSON array; it must be an object`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.ParseSeed([]byte(tt.body))
			wantRefused(t, err, tt.kind, tt.want)
		})
	}
}

package iam_test

import (
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
)

// refusal is a document that is not stored, and what its owner is told.
type refusal struct{ name, document, want string }

// policy returns a document with one statement of these members.
func policy(members string) string {
	return `{"Version":"2012-10-17","Statement":[{` + members + `}]}`
}

// statement returns a document with one statement that allows, and more members.
func statement(more string) string {
	return policy(`"Effect":"Allow","Action":"devicefarm:ListOfferings","Resource":"*"` + more)
}

func withAction(value string) string {
	return policy(`"Effect":"Allow","Resource":"*","Action":` + value)
}

func withResource(value string) string {
	return policy(`"Effect":"Allow","Action":"*","Resource":` + value)
}

func withCondition(value string) string { return statement(`,"Condition":` + value) }

func on(operator, key, value string) string {
	return withCondition(`{"` + operator + `":{"` + key + `":` + value + `}}`)
}

func refuses(t *testing.T, tests []refusal) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := iam.Parse([]byte(tt.document), actions)
			if err == nil || fault.KindOf(err) != fault.Malformed || !strings.Contains(fault.MessageOf(err), tt.want) {
				t.Errorf("%s\ngot  %v\nwant %s", tt.document, err, tt.want)
			}
		})
	}
}

func TestRefusedDocuments(t *testing.T) {
	refuses(t, []refusal{
		{"nothing", ``, `the policy is empty`},
		{"half of it", `{"Version":`, `the policy is not valid JSON at byte 11`},
		{"a comma too many", `{"Version":"2012-10-17",}`, `the policy is not valid JSON`},
		{"a comment", `{} // mine`, `the policy is followed by more text`},
		{"two documents", statement("") + `{}`, `the policy is followed by more text`},
		{"bytes that are no text", "{\"Version\":\"\xff\"}", `the policy is not valid JSON at byte 12`},
		{"null", `null`, `the policy is null`},
		{"an array", `[]`, `the policy is an array; it must be an object`},
		{"a string", `"Allow"`, `the policy is "Allow"; it must be an object`},
		{"a null member", `{"Version":null}`, `member "Version" is null; leave it out or give it a value`},
		{"a null deep down", on("Bool", "aws:SecureTransport", `[null]`), `member "Statement[0].Condition.Bool.aws:SecureTransport[0]" is null`},
		{"doubled version", `{"Version":"2012-10-17","Version":"2012-10-17"}`, `has "Version" twice`},
		{"doubled effect", statement(`,"Effect":"Deny"`), `has "Effect" twice`},
		{"doubled in disguise", statement(`,"\u0045ffect":"Deny"`), `has "Effect" twice`},
		{"deep nesting", strings.Repeat("[", 9000), `is nested more deeply than anything in a policy`},
		{"an unknown member", `{"Version":"2012-10-17","Statements":[]}`, `member "Statements" is unknown; it must be one of Version, Statement`},
		{"a member in lower case", `{"version":"2012-10-17"}`, `member "version" is unknown`},
		{"an id", `{"Id":"x","Version":"2012-10-17","Statement":[]}`, `slotfarm does not evaluate Id: identity-based policies have none`},
		{"no version", `{"Statement":[]}`, `has no Version; it must be "2012-10-17", because AWS assumes the language of 2008 without one`},
		{"the old version", `{"Version":"2008-10-17","Statement":[]}`, `member "Version" is "2008-10-17"; slotfarm evaluates "2012-10-17" only`},
		{"another version", `{"Version":"2026-01-01","Statement":[]}`, `member "Version" is "2026-01-01"`},
		{"a number for a version", `{"Version":2012,"Statement":[]}`, `member "Version" is 2012`},
		{"no statement", `{"Version":"2012-10-17"}`, `the policy has no Statement`},
		{"empty statements", `{"Version":"2012-10-17","Statement":[]}`, `member "Statement" is an empty array`},
		{"a statement that is none", `{"Version":"2012-10-17","Statement":["*"]}`, `member "Statement[0]" is "*"; it must be an object`},
		{"a list in the list", `{"Version":"2012-10-17","Statement":[[{}]]}`, `member "Statement[0]" is an array`},
		{"the second statement", `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Allow"}]}`, `member "Statement[1]" must have either Action`},
	})
}

func TestRefusedStatements(t *testing.T) {
	const once = `{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"}`
	refuses(t, []refusal{
		{"a principal", statement(`,"Principal":"*"`), `member "Statement[0].Principal" is present, and slotfarm does not evaluate Principal`},
		{"all but a principal", statement(`,"NotPrincipal":{"AWS":"*"}`), `slotfarm does not evaluate NotPrincipal`},
		{"all but a resource", policy(`"Effect":"Allow","Action":"*","NotResource":"*"`), `slotfarm does not evaluate NotResource`},
		{"an unknown element", statement(`,"Conditions":{}`), `member "Statement[0].Conditions" is unknown; it must be one of Sid, Effect`},
		{"an action in lower case", policy(`"Effect":"Allow","action":"*","Resource":"*"`), `member "Statement[0].action" is unknown`},
		{"no effect", policy(`"Action":"*","Resource":"*"`), `member "Statement[0]" has no Effect`},
		{"an effect in lower case", policy(`"Effect":"allow","Action":"*","Resource":"*"`), `is "allow"; it must be "Allow" or "Deny", in exactly this spelling`},
		{"a boolean effect", policy(`"Effect":true,"Action":"*","Resource":"*"`), `member "Statement[0].Effect" is true`},
		{"a Sid with a space", statement(`,"Sid":"No orders"`), `member "Statement[0].Sid" is "No orders"; it may have the letters`},
		{"a Sid with an umlaut", statement(`,"Sid":"Käufer"`), `is "Käufer"; it may have the letters`},
		{"a number for a Sid", statement(`,"Sid":1`), `member "Statement[0].Sid" is 1; it must be a string`},
		{"one Sid twice", `{"Version":"2012-10-17","Statement":[` + once + "," + once + `]}`, `member "Statement[1]" has the Sid of another statement`},
		{"no action", policy(`"Effect":"Allow","Resource":"*"`), `must have either Action or NotAction`},
		{"an action and exceptions", statement(`,"NotAction":"*"`), `must have either Action or NotAction`},
		{"an empty list of actions", withAction(`[]`), `member "Statement[0].Action" is an empty array`},
		{"an empty action", withAction(`""`), `is ""; it must be "*", or a service`},
		{"an object for an action", withAction(`{}`), `member "Statement[0].Action" is an object; it must be a string`},
		{"a list of lists", withAction(`[["*"]]`), `member "Statement[0].Action[0]" is an array`},
		{"an action without a service", withAction(`"ListOfferings"`), `is "ListOfferings"; it must be "*", or a service`},
		{"an action without a name", withAction(`"devicefarm:"`), `is "devicefarm:"; it must be`},
		{"a wildcard for the service", withAction(`"*:ListOfferings"`), `is "*:ListOfferings"; it must be`},
		{"an action with a space", withAction(`"devicefarm:ListOfferings "`), `is "devicefarm:ListOfferings "; it must be`},
		{"a mistyped action", withAction(`["*","devicefarm:PurchaseOfering"]`), `member "Statement[0].Action[1]" is "devicefarm:PurchaseOfering", which matches no action`},
		{"a mistyped pattern", withAction(`"devicefarm:Purchases*"`), `is "devicefarm:Purchases*", which matches no action`},
		{"an action of another service", withAction(`"s3:GetObject"`), `is "s3:GetObject", which matches no action`},
		{"a mistyped exception", policy(`"Effect":"Allow","Resource":"*","NotAction":"devicefarm:Buy"`), `member "Statement[0].NotAction" is "devicefarm:Buy", which matches no action`},
		{"a variable in an action", withAction(`"devicefarm:${aws:username}"`), `slotfarm does not evaluate policy variables`},
		{"no resource", policy(`"Effect":"Allow","Action":"*"`), `has no Resource; "*" stands for all`},
		{"an empty list of resources", withResource(`[]`), `member "Statement[0].Resource" is an empty array`},
		{"a resource that is no ARN", withResource(`"offering/1"`), `is "offering/1"; it must be "*" or an ARN`},
		{"a short ARN", withResource(`"arn:aws:devicefarm:*"`), `it must be "*" or an ARN`},
		{"an ARN of nothing", withResource(`"arn:aws:devicefarm:us-west-2:123456789012:"`), `it must be "*" or an ARN`},
		{"an ARN without a partition", withResource(`"arn::devicefarm:us-west-2:123456789012:*"`), `it must be "*" or an ARN`},
		{"an ARN of half a service", withResource(`"arn:aws:device:us-west-2:123456789012:*"`), `an ARN of "device"`},
		{"an ARN of another service", withResource(`["*","arn:aws:s3:::bucket/*"]`), `member "Statement[0].Resource[1]" is "arn:aws:s3:::bucket/*", an ARN of "s3"`},
		{"a wildcard for the ARN's service", withResource(`"arn:aws:*:*:*:*"`), `an ARN of "*", which is not a service`},
		{"a variable in a resource", withResource(`"arn:aws:devicefarm:::${aws:username}"`), `slotfarm does not evaluate policy variables`},
	})
}

func TestRefusedConditions(t *testing.T) {
	const place = `member "Statement[0].Condition`
	refuses(t, []refusal{
		{"no condition in it", withCondition(`{}`), place + `" is empty; leave it out`},
		{"a list", withCondition(`[]`), place + `" is an array; it must be an object`},
		{"an operator without a key", withCondition(`{"Bool":{}}`), place + `.Bool" is empty`},
		{"an operator without an object", withCondition(`{"Bool":"true"}`), place + `.Bool" is "true"; it must be an object`},
		{"a mistyped operator", on("StringEqual", "slotfarm:OfferingId", `"x"`), place + `.StringEqual" is present, and slotfarm does not evaluate this operator`},
		{"an operator in lower case", on("bool", "aws:SecureTransport", `"true"`), `does not evaluate this operator; it evaluates IpAddress, NotIpAddress, DateEquals`},
		{"an operator on ARNs", on("ArnLike", "aws:SourceArn", `"*"`), `does not evaluate this operator`},
		{"an operator on bytes", on("BinaryEquals", "slotfarm:OfferingId", `"QQ=="`), `does not evaluate this operator`},
		{"null if it exists", on("NullIfExists", "slotfarm:Quantity", `"true"`), `does not evaluate this operator`},
		{"if it exists twice", on("BoolIfExistsIfExists", "aws:SecureTransport", `"true"`), `does not evaluate this operator`},
		{"for all values", on("ForAllValues:StringLike", "slotfarm:OfferingId", `"*"`), `slotfarm does not evaluate ForAllValues: every key has one value`},
		{"for any value", on("ForAnyValue:StringLike", "slotfarm:OfferingId", `"*"`), `slotfarm does not evaluate ForAnyValue`},
		{"a key of AWS", on("StringEquals", "aws:username", `"ann"`), `.StringEquals.aws:username" is present, and slotfarm does not evaluate this condition key; it evaluates aws:SourceIp`},
		{"a mistyped key", on("NumericLessThan", "slotfarm:Quantities", `"1"`), `does not evaluate this condition key`},
		{"a key that only looks the same", on("Bool", "awſ:SecureTransport", `"true"`), `does not evaluate this condition key`},
		{"one key in two cases", withCondition(`{"Bool":{"aws:SecureTransport":"true","AWS:securetransport":"false"}}`), `.Bool.AWS:securetransport" appears twice`},
		{"an address as a string", on("StringEquals", "aws:SourceIp", `"203.0.113.7"`), `has a type that StringEquals does not compare; use IpAddress, NotIpAddress or Null`},
		{"a date as a number", on("NumericLessThan", "aws:CurrentTime", `"1772366400"`), `use DateEquals`},
		{"a quantity as a string", on("StringLike", "slotfarm:Quantity", `"1?"`), `use NumericEquals`},
		{"an offering as a number", on("NumericEquals", "slotfarm:OfferingId", `"1"`), `use StringEquals`},
		{"a boolean as a string", on("StringEquals", "aws:SecureTransport", `"true"`), `use Bool or Null`},
		{"no values", on("IpAddress", "aws:SourceIp", `[]`), `.IpAddress.aws:SourceIp" is an empty array`},
		{"an object for a value", on("IpAddress", "aws:SourceIp", `{"a":"b"}`), `is an object; it must be a string, a number or a boolean`},
		{"a list in the values", on("IpAddress", "aws:SourceIp", `[["203.0.113.7"]]`), `is nested more deeply than anything in a policy`},
		{"an empty string", on("StringEquals", "slotfarm:OfferingId", `""`), `is empty, and no value equals an empty text`},
		{"a variable", on("StringLike", "slotfarm:OfferingId", `"${aws:PrincipalTag/offering}"`), `slotfarm does not evaluate policy variables`},
	})
}

func TestRefusedValues(t *testing.T) {
	value := func(name, operator, key, value, want string) refusal {
		return refusal{name, on(operator, key, value), want}
	}
	number := func(name, text string) refusal {
		return value(name, "NumericLessThan", "slotfarm:Quantity", text, `it must be a number with at most 15 digits`)
	}
	date := func(name, text string) refusal {
		return value(name, "DateLessThan", "aws:CurrentTime", text, `it must be a time such as "2026-01-31T00:00:00Z"`)
	}
	address := func(name, text, want string) refusal {
		return value(name, "IpAddress", "aws:SourceIp", text, want)
	}
	boolean := func(name, operator, text string) refusal {
		return value(name, operator, "aws:SecureTransport", text, `it must be "true" or "false"`)
	}
	const noAddress = `it must be an IP address or a range such as 203.0.113.0/24`
	refuses(t, []refusal{
		number("a word", `"ten"`), number("an exponent", `1e3`), number("a plus", `"+1"`), number("a space", `" 1"`),
		number("hexadecimal", `"0x10"`), number("too long", `"1000000000000000"`), number("no digit behind the point", `"1."`),
		number("a boolean for a number", `true`), number("an empty number", `""`), number("the second of two", `["1","x"]`),
		date("a year, or seconds", `"2026"`), date("digits of a date", `20260131`), date("milliseconds", `"1772366400000"`),
		date("no zone", `"2026-01-31T00:00:00"`), date("no such day", `"2026-02-30T00:00:00Z"`), date("no such zone", `"2026-01-31T00:00:00+99:00"`),
		date("a space for the T", `"2026-01-31 00:00:00Z"`), date("the American way", `"01/31/2026"`), date("a comma", `"2026-01-31T00:00:00,5Z"`),
		date("a wildcard", `"2026-*"`), date("a boolean for a date", `false`), date("negative seconds", `"-1772366400"`),
		address("no address", `"localhost"`, noAddress), address("a wildcard in an address", `"203.0.113.*"`, noAddress),
		address("a prefix too long", `"203.0.113.0/33"`, noAddress), address("three bytes", `"203.0.113"`, noAddress),
		address("leading zeros", `"203.000.113.0/24"`, noAddress), address("a zone", `"fe80::1%eth0"`, noAddress),
		address("a number for an address", `3405803776`, noAddress),
		address("bits behind the prefix", `"203.0.113.7/24"`, `which has bits after its prefix; it must be 203.0.113.0/24, or a single address`),
		address("IPv4 in IPv6", `"::ffff:203.0.113.7"`, `it must be written as an IPv4 address`),
		address("IPv4 in IPv6, a range", `"::ffff:203.0.113.0/120"`, `it must be written as an IPv4 address`),
		boolean("a title", "Bool", `"True"`), boolean("one", "Bool", `1`), boolean("yes", "Bool", `"yes"`), boolean("null's value", "Null", `"absent"`),
	})
}

func TestSize(t *testing.T) {
	fill := func(size int) []byte {
		document := statement("")
		return []byte(document + strings.Repeat(" ", size-len(document)))
	}
	if _, err := iam.Parse(fill(iam.MaxDocument), actions); err != nil {
		t.Error(err)
	}
	_, err := iam.Parse(fill(iam.MaxDocument+1), actions)
	if got, want := fault.MessageOf(err), "the policy has 20481 bytes; it may have 20480"; fault.KindOf(err) != fault.TooLarge || got != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestRefusalsAreShort keeps what strangers send out of sentences, and so out of
// logs and terminals.
func TestRefusalsAreShort(t *testing.T) {
	long := strings.Repeat("x\\n", 4000)
	for _, document := range []string{
		`{"` + long + `":1}`, `"` + long + `"`, statement(`,"Sid":"` + long + `"`), withAction(`"` + long + `"`),
		withResource(`"arn:aws:` + long + `:::a"`), on(long, "a", `"b"`), on("Bool", long, `"b"`), on("Bool", "aws:SecureTransport", strings.Repeat("9", 9000)),
		`{"` + long + `":1,"` + long + `":1}`,
	} {
		_, err := iam.Parse([]byte(document), actions)
		if got := fault.MessageOf(err); len(got) > 900 || strings.ContainsAny(got, "\n") {
			t.Errorf("%d bytes: %s", len(got), got)
		}
	}
}

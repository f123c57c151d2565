package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/server"
)

// badInput is a request that has to be refused.
type badInput struct {
	name      string
	account   string // alice where empty
	operation string // PurchaseOffering where empty
	body      string
	change    func(*http.Request)

	status  int // 400 where zero
	kind    string
	message string // part of it
}

const (
	argument      = "ArgumentException"
	notFound      = "NotFoundException"
	notEligible   = "NotEligibleException"
	limitExceeded = "LimitExceededException"
	suspended     = "ServiceAccountException"
	serialization = "SerializationException"
	unknownOp     = "UnknownOperationException"
)

func quantity(literal string) string {
	return `{"offeringId":"` + ios + `","quantity":` + literal + `}`
}

func set(header, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(header, value) }
}

var badQuantities = []badInput{
	{name: "missing", body: `{"offeringId":"` + ios + `"}`, kind: argument, message: "quantity is missing"},
	{name: "null", body: quantity("null"), kind: argument, message: "quantity is missing"},
	{name: "string", body: quantity(`"2"`), kind: serialization, message: `"quantity" is a JSON string, "2"`},
	{name: "boolean", body: quantity("true"), kind: serialization, message: `"quantity" is a JSON boolean`},
	{name: "array", body: quantity("[1]"), kind: serialization, message: `"quantity" is a JSON array`},
	{name: "object", body: quantity("{}"), kind: serialization, message: `"quantity" is a JSON object`},
	{name: "NaN", body: quantity("NaN"), kind: serialization, message: "not valid JSON"},
	{name: "zero", body: quantity("0"), kind: argument, message: "quantity 0 is too small; it must be at least 1"},
	{name: "negative", body: quantity("-1"), kind: argument, message: "quantity -1"},
	{name: "negative renewal", operation: "RenewOffering", body: quantity("-1"), kind: argument, message: "at least 0"},
	{name: "fractional", body: quantity("1.5"), kind: argument, message: "quantity 1.5 is not a whole number"},
	{name: "whole with a fraction", body: quantity("1.0"), kind: argument, message: "quantity 1.0 is not a whole number"},
	{name: "2^31", body: quantity("2147483648"), kind: argument, message: "quantity 2147483648 is out of range"},
	{name: "2^63", body: quantity("9223372036854775808"), kind: argument, message: "quantity 9223372036854775808 is out of range"},
	{name: "1e400", body: quantity("1e400"), kind: argument, message: "quantity 1e400 is not a whole number"},
	{name: "thousand digits", body: quantity(strings.Repeat("9", 1000)), kind: argument, message: "out of range"},
	{name: "over the limit", body: quantity("101"), kind: limitExceeded, message: "this account may hold 100"},
	{name: "largest", body: quantity("2147483647"), kind: limitExceeded, message: "quantity 2147483647"},
	{name: "renewal over the limit", operation: "RenewOffering", body: quantity("101"), kind: limitExceeded, message: "may hold 100"},
}

var badIdentifiers = []badInput{
	{name: "missing offering", body: `{"quantity":1}`, kind: argument, message: "offeringId is missing"},
	{name: "null offering", body: `{"offeringId":null,"quantity":1}`, kind: argument, message: "offeringId is missing"},
	{name: "numeric offering", body: `{"offeringId":7,"quantity":1}`, kind: serialization, message: `"offeringId" is a JSON number`},
	{name: "empty offering", body: order("", 1), kind: argument, message: `offeringId "" has 0 characters`},
	{name: "short offering", body: order("short", 1), kind: argument, message: `offeringId "short" has 5 characters; an offering id has at least 32`},
	{name: "unknown offering", body: order(unknown, 1), kind: notFound, message: unknown},
	{name: "unknown offering renewed", operation: "RenewOffering", body: order(unknown, 1), kind: notFound, message: unknown},
	{name: "lower-case offering", body: order(strings.ToLower(ios), 1), kind: notFound, message: strings.ToLower(ios)},
	{name: "short promotion", body: promoted("ABC"), kind: argument, message: `offeringPromotionId "ABC" has 3 characters`},
	{name: "empty promotion", body: promoted(""), kind: argument, message: "offeringPromotionId is empty"},
	{name: "numeric promotion", body: `{"offeringPromotionId":1}`, kind: serialization, message: `"offeringPromotionId" is a JSON number`},
	{name: "unknown promotion", body: promoted("3FREEMONTHS"), kind: notFound, message: "3FREEMONTHS"},
	{name: "promotion used twice", account: bob, body: promoted(promotion), kind: notEligible, message: "was already used by this account"},
}

func promoted(id string) string {
	return `{"offeringId":"` + ios + `","quantity":1,"offeringPromotionId":"` + id + `"}`
}

var badBodies = []badInput{
	{name: "empty", body: "", kind: serialization, message: "body is empty"},
	{name: "blank", body: " \n", kind: serialization, message: "body is empty"},
	{name: "no JSON", body: "quantity=1", kind: serialization, message: "not valid JSON"},
	{name: "cut short", body: `{"offeringId":"` + ios, kind: serialization, message: "not valid JSON"},
	{name: "two values", body: order(ios, 1) + order(ios, 1), kind: serialization, message: "not valid JSON"},
	{name: "comment", body: order(ios, 1) + "// one", kind: serialization, message: "not valid JSON"},
	{name: "byte order mark", body: "\ufeff" + order(ios, 1), kind: serialization, message: "not valid JSON"},
	{name: "array", body: "[]", kind: serialization, message: "JSON array; it must be an object"},
	{name: "string", body: `"x"`, kind: serialization, message: "JSON string; it must be an object"},
	{name: "null", body: "null", kind: serialization, message: "JSON null; it must be an object"},
	{name: "duplicate key", body: `{"quantity":1,"quantity":2}`, kind: serialization, message: `"quantity" appears twice in the request`},
	{name: "duplicate key, escaped", body: `{"quantity":1,"qu\u0061ntity":2}`, kind: serialization, message: `"quantity" appears twice in the request`},
	{name: "duplicate key inside", body: `{"x":{"a":1,"a":2}}`, kind: serialization, message: `"a" appears twice in the request`},
	{name: "wrong case", body: `{"OfferingId":"` + ios + `","quantity":1}`, kind: serialization, message: `"OfferingId" is unknown; the correct spelling is "offeringId"`},
	{name: "deep nesting", body: strings.Repeat("[", 30000), kind: serialization, message: "must be an object"},
	{name: "deep nesting inside", body: `{"x":` + strings.Repeat("[", 30000), kind: serialization, message: "not valid JSON"},
	{name: "deep nesting, closed", body: `{"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}", kind: serialization, message: "not valid JSON"},
	{name: "invalid UTF-8", body: "{\"offeringId\":\"\xff\",\"quantity\":1}", kind: serialization, message: "not valid JSON"},
	{name: "lone surrogate", body: `{"offeringId":"\ud800","quantity":1}`, kind: serialization, message: "not valid JSON"},
	{name: "over the limit", body: order(ios, 1) + strings.Repeat(" ", 64<<10), status: 413, kind: "RequestEntityTooLargeException", message: "larger than 65536 bytes"},
	{name: "over the limit, chunked", body: order(ios, 1) + strings.Repeat(" ", 64<<10), change: func(r *http.Request) { r.ContentLength = -1 },
		status: 413, kind: "RequestEntityTooLargeException", message: "larger than 65536 bytes"},
}

var badHeaders = []badInput{
	{name: "unknown operation", operation: "BuyEverything", body: "{}", kind: unknownOp, message: `"BuyEverything" is unknown`},
	{name: "long operation", operation: strings.Repeat("x", 20000), body: "{}", kind: unknownOp, message: `x…" (20000 characters) is unknown`},
	{name: "wrong-case operation", operation: "purchaseoffering", body: "{}", kind: unknownOp, message: `"purchaseoffering" is unknown`},
	{name: "operation not here", operation: "ScheduleRun", body: "{}", kind: unknownOp, message: `"ScheduleRun" exists at AWS but is not implemented here`},
	{name: "operation not here, bad body", operation: "ScheduleRun", body: "{", kind: unknownOp, message: "ScheduleRun"},
	{name: "no target", change: func(r *http.Request) { r.Header.Del("X-Amz-Target") }, kind: unknownOp, message: "0 X-Amz-Target headers"},
	{name: "two targets", change: func(r *http.Request) { r.Header.Add("X-Amz-Target", "x") }, kind: unknownOp, message: "2 X-Amz-Target headers"},
	{name: "other service", change: set("X-Amz-Target", "DynamoDB_20120810.GetItem"), kind: unknownOp, message: "DynamoDB_20120810.GetItem"},
	{name: "target without operation", change: set("X-Amz-Target", "DeviceFarm_20150623"), kind: unknownOp, message: `Operation "" is unknown`},
	{name: "method", change: func(r *http.Request) { r.Method = http.MethodGet }, status: 405, kind: "MethodNotAllowedException", message: "Method GET"},
	{name: "content type", change: set("Content-Type", "application/json"), status: 415, kind: "UnsupportedMediaTypeException", message: `"application/json"`},
	{name: "protocol version", change: set("Content-Type", "application/x-amz-json-1.0"), status: 415, kind: "UnsupportedMediaTypeException", message: "use application/x-amz-json-1.1"},
	{name: "no content type", change: func(r *http.Request) { r.Header.Del("Content-Type") }, status: 415, kind: "UnsupportedMediaTypeException", message: `Content-Type ""`},
	{name: "compressed", change: set("Content-Encoding", "gzip"), kind: "MalformedHttpRequestException", message: `Content-Encoding "gzip"`},
	{name: "retry id in Latin-1", change: set("Idempotency-Key", "caf\xe9"), kind: argument, message: `Idempotency-Key is "caf\xe9"; it may have only printable ASCII`},
	{name: "retry id in Japanese", change: set("Amz-Sdk-Invocation-Id", "買"), kind: argument, message: `Amz-Sdk-Invocation-Id is "\u8cb7"; it may have`},
	{name: "long retry id", change: set("Idempotency-Key", strings.Repeat("x", 256)), kind: argument, message: "Idempotency-Key has 256 bytes"},
	{name: "retry id of another request", account: bob, change: set("Amz-Sdk-Invocation-Id", "used"), kind: argument, message: `"used" was already used with a different request`},
}

const (
	ineligible = "333333333333"
	blocked    = "444444444444"
)

var badAccounts = []badInput{
	{name: "buys, ineligible", account: ineligible, body: order(ios, 1), kind: notEligible, message: "not eligible"},
	{name: "renews, ineligible", account: ineligible, operation: "RenewOffering", body: order(ios, 1), kind: notEligible, message: "not eligible"},
	{name: "lists, ineligible", account: ineligible, operation: "ListOfferings", body: "{}", kind: notEligible, message: "not eligible"},
	{name: "lists promotions, ineligible", account: ineligible, operation: "ListOfferingPromotions", body: "{}", kind: notEligible, message: "not eligible"},
	{name: "lists transactions, ineligible", account: ineligible, operation: "ListOfferingTransactions", body: "{}", kind: notEligible, message: "not eligible"},
	{name: "reads status, ineligible", account: ineligible, operation: "GetOfferingStatus", body: "{}", kind: notEligible, message: "not eligible"},
	{name: "ineligible before bad arguments", account: ineligible, body: quantity("1.5"), kind: notEligible, message: "not eligible"},
	{name: "malformed before ineligible", account: ineligible, body: quantity(`"2"`), kind: serialization, message: "quantity"},
	{name: "buys, suspended", account: blocked, body: order(ios, 1), kind: suspended, message: "suspended"},
	{name: "renews, suspended", account: blocked, operation: "RenewOffering", body: order(ios, 1), kind: suspended, message: "suspended"},
	{name: "limit before suspension", account: blocked, body: order(ios, 101), kind: limitExceeded, message: "may hold 100"},
}

// TestBadInput sends every request that has to be refused, and expects the
// status, the exception, a message that names value and rule, and journals that
// did not grow.
func TestBadInput(t *testing.T) {
	f := start(t, server.Config{Frozen: &noon})
	f.put(ineligible, `{"status":"INELIGIBLE"}`)
	f.put(blocked, `{"status":"SUSPENDED"}`)
	f.accepted(bob, "PurchaseOffering", promoted(promotion))
	first := f.request(bob, "PurchaseOffering", order(ios, 2))
	first.Header.Set("Amz-Sdk-Invocation-Id", "used")
	f.do(first)
	tokens := badTokens(f)
	before := f.entries()

	for group, inputs := range map[string][]badInput{
		"quantity": badQuantities, "identifier": badIdentifiers, "body": badBodies,
		"header": badHeaders, "account": badAccounts, "token": tokens,
	} {
		for _, in := range inputs {
			t.Run(group+"/"+in.name, func(t *testing.T) {
				in.check(t, f)
				if after := f.entries(); after != before {
					t.Errorf("the journals hold %d entries, %d before", after, before)
				}
			})
		}
	}
}

// badTokens returns page tokens that do not belong to the request.
func badTokens(f *farm) []badInput {
	for range 101 {
		f.accepted(bob, "RenewOffering", order(ios, 1))
	}
	var page struct{ NextToken string }
	f.decode(f.accepted(bob, "ListOfferingTransactions", "{}"), &page)
	token := func(text string) string { return `{"nextToken":"` + text + `"}` }
	flipped := "A" + page.NextToken[1:]
	if flipped == page.NextToken {
		flipped = "B" + page.NextToken[1:]
	}
	return []badInput{
		{name: "garbage", operation: "ListOfferingTransactions", body: token("garbage!"), kind: argument, message: `"garbage!"`},
		{name: "empty", operation: "ListOfferingTransactions", body: token(""), kind: argument, message: "nextToken"},
		{name: "long", operation: "ListOfferings", body: token(strings.Repeat("x", 2000)), kind: argument, message: "nextToken"},
		{name: "changed", account: bob, operation: "ListOfferingTransactions", body: token(flipped), kind: argument, message: "nextToken"},
		{name: "of another account", operation: "ListOfferingTransactions", body: token(page.NextToken), kind: argument, message: "to this account"},
		{name: "of another operation", account: bob, operation: "ListOfferings", body: token(page.NextToken), kind: argument, message: "not one that ListOfferings gave"},
		{name: "of another operation, promotions", account: bob, operation: "ListOfferingPromotions", body: token(page.NextToken), kind: argument, message: "nextToken"},
		{name: "for the status", account: bob, operation: "GetOfferingStatus", body: token(page.NextToken), kind: argument, message: "nextToken"},
		{name: "number", operation: "ListOfferings", body: `{"nextToken":1}`, kind: serialization, message: `"nextToken" is a JSON number`},
	}
}

// check sends the request and compares the answer.
func (in badInput) check(t *testing.T, f *farm) {
	t.Helper()
	account, operation, status := in.account, in.operation, in.status
	if account == "" {
		account = alice
	}
	if operation == "" {
		operation = "PurchaseOffering"
	}
	if status == 0 {
		status = http.StatusBadRequest
	}
	body := in.body
	if body == "" && in.change != nil {
		body = order(ios, 1)
	}
	r := f.request(account, operation, body)
	if in.change != nil {
		in.change(r)
	}
	got := f.do(r)
	if got.Status != status || got.Type() != in.kind || !strings.Contains(got.Message(), in.message) {
		t.Errorf("answer = %d %s, want %d %s with %q", got.Status, got.Body, status, in.kind, in.message)
	}
	if got.Header.Get("X-Amzn-Requestid") == "" || got.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Errorf("headers = %v, want a request id and the protocol's content type", got.Header)
	}
	for _, leak := range []string{"json:", "jsontext", "Go ", "goroutine", ".go:"} {
		if strings.Contains(got.Message(), leak) {
			t.Errorf("message %q shows internals (%q)", got.Message(), leak)
		}
	}
}

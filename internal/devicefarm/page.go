package devicefarm

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// How many items a page holds where the caller does not choose it: of what is for
// sale, and of resources, of which some clients read the first page only.
const (
	pageSize     = 100
	resourcePage = 500
)

// A page token is the place of the last item sent, followed by a digest that
// binds it to the account and the operation. It needs no secret: a caller who
// makes a token can only name a place in the caller's own list.
const (
	placeSize = 16 // bytes: two big-endian integers
	boundSize = 16 // bytes of the digest
)

// token returns the page token for a place in the list that the call returns.
func token(call *web.Request, place billing.Cursor) string {
	raw := make([]byte, 0, placeSize+boundSize)
	raw = binary.BigEndian.AppendUint64(raw, uint64(place.Seq))
	raw = binary.BigEndian.AppendUint64(raw, uint64(place.Index))
	return base64.RawURLEncoding.EncodeToString(append(raw, bound(call, raw)...))
}

// place returns the place that a request's token names, or the zero place if
// there is no token. A token that this operation did not give to this account
// is an Argument error.
func place(call *web.Request, nextToken *string) (billing.Cursor, error) {
	if nextToken == nil {
		return billing.Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*nextToken)
	if err != nil || len(raw) != placeSize+boundSize ||
		subtle.ConstantTimeCompare(bound(call, raw[:placeSize]), raw[placeSize:]) != 1 {
		return billing.Cursor{}, foreignToken(call, *nextToken)
	}
	at := billing.Cursor{
		Seq:   int64(binary.BigEndian.Uint64(raw)),
		Index: int(binary.BigEndian.Uint64(raw[placeSize/2:])),
	}
	if at.Seq < 0 || at.Index < 0 {
		return billing.Cursor{}, foreignToken(call, *nextToken)
	}
	return at, nil
}

func foreignToken(call *web.Request, nextToken string) error {
	return fault.New(fault.Argument, "nextToken %s is not one that %s gave to this account.", fault.Quote(nextToken), call.Operation)
}

func bound(call *web.Request, place []byte) []byte {
	digest := sha256.New()
	digest.Write([]byte(call.Operation + "\n" + call.Identity.Account + "\n"))
	digest.Write(place)
	return digest.Sum(nil)[:boundSize]
}

// window returns the page of a short list that a token leads to, and the token
// for the next page, or "" after the last. The place is the number of items
// already sent.
func window[T any](call *web.Request, items []T, nextToken *string) ([]T, string, error) {
	return windowOf(call, items, nextToken, pageSize)
}

// windowOf is window for pages of a size.
func windowOf[T any](call *web.Request, items []T, nextToken *string, size int) ([]T, string, error) {
	from, err := place(call, nextToken)
	if err != nil {
		return nil, "", err
	}
	rest := items[min(from.Seq, int64(len(items))):]
	if len(rest) <= size {
		return rest, "", nil
	}
	return rest[:size], token(call, billing.Cursor{Seq: from.Seq + int64(size)}), nil
}

// idToken returns the page token for the items of a list of the call's that come
// after the one with an id.
func idToken(call *web.Request, id string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte(id), bound(call, []byte(id))...))
}

// idPlace returns the id that a request's token names, "" when it has none. A token
// that this operation did not give to this account is an Argument error.
func idPlace(call *web.Request, nextToken *string) (string, error) {
	if nextToken == nil {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*nextToken)
	if err != nil || len(raw) <= boundSize {
		return "", foreignToken(call, *nextToken)
	}
	id, digest := raw[:len(raw)-boundSize], raw[len(raw)-boundSize:]
	if subtle.ConstantTimeCompare(bound(call, id), digest) != 1 {
		return "", foreignToken(call, *nextToken)
	}
	return string(id), nil
}

// sizeOf returns how many items a page has of which the caller wants some number at
// most. A number below 1 is an Argument error; above resourcePage it is that.
func sizeOf(maxResults *awsjson.Number) (int, error) {
	if maxResults == nil {
		return resourcePage, nil
	}
	n, err := maxResults.Integer("maxResults")
	if err == nil && n < 1 {
		err = fault.New(fault.Argument, "maxResults %d is out of range; it must be at least 1.", n)
	}
	return min(n, resourcePage), err
}

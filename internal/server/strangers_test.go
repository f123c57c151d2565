package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/sigv4"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/web"
)

// away is a store that counts what it is asked for before a request is let in, and
// that can be away, as a database on another machine can.
type away struct {
	store.Store
	asked int
	err   error
}

func (a *away) Get(ctx context.Context, keys ...string) ([]store.Document, error) {
	a.asked++
	if a.err != nil {
		return nil, a.err
	}
	return a.Store.Get(ctx, keys...)
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, context.Canceled
}

// TestStrangersCostNothing sends requests that no key has signed while the
// database is unreachable: the answer says what is wrong with the request, the
// database is not queried, and no body is read.
func TestStrangersCostNothing(t *testing.T) {
	t.Parallel()
	memory, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	master, err := iam.ParseMasterKey(strings.Repeat("5a", 32))
	if err != nil {
		t.Fatal(err)
	}
	kept, now := &away{Store: memory}, time.Now()
	parts, err := NewParts(t.Context(), PartsConfig{
		Store: kept, Now: time.Now, NewID: func() string { return "id" }, Master: master, Actions: actions(), Closed: true,
		Terms: account.Terms{Catalog: offering.Default(), MaxSlots: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(parts, time.Now)
	unknown := sigv4.Signer{AccessKeyID: "SLOTAAAAAAAAAAAAAAAA", Secret: "x", Region: "us-west-2", Service: "devicefarm"}
	sign := func(s sigv4.Signer, at time.Time) func(*http.Request) {
		return func(r *http.Request) {
			if err := s.Sign(r, nil, at); err != nil {
				t.Error(err)
			}
		}
	}
	tests := []struct {
		name    string
		change  func(*http.Request)
		want    fault.Kind
		queries int
	}{
		{"unsigned", func(*http.Request) {}, fault.MissingAuthentication, 0},
		{"malformed", func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }, fault.IncompleteSignature, 0},
		{"for another service", sign(sigv4.Signer{AccessKeyID: "A", Secret: "x", Region: "r", Service: "s3"}, now), fault.InvalidSignature, 0},
		{"expired", sign(unknown, now.Add(-time.Hour)), fault.Expired, 0},
		{"by a key that never was", sign(unknown, now), fault.UnknownKey, 1},
	}
	for _, tt := range tests {
		for _, gone := range []bool{false, true} {
			r := httptest.NewRequest(http.MethodPost, "/", unread{t})
			tt.change(r)
			want := tt.want
			kept.asked, kept.err = 0, nil
			if gone {
				kept.err = fault.New(fault.Unavailable, "the database is away")
			}
			if gone && tt.queries > 0 {
				want = fault.Unavailable
			}
			_, err := g.authenticate(&web.Request{Request: r})
			if got := fault.KindOf(err); got != want || kept.asked != tt.queries {
				t.Errorf("%s, away %t: %v after %d queries, want kind %v after %d", tt.name, gone, err, kept.asked, want, tt.queries)
			}
		}
	}
	r := httptest.NewRequest(http.MethodPut, "/_slotfarm/v1/catalog", unread{t})
	if _, err := g.authenticateOperator(&web.Request{Request: r}); fault.KindOf(err) != fault.MissingAuthentication {
		t.Errorf("unsigned, to the operator: %v", err)
	}
}

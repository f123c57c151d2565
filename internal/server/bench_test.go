package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/sigv4"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// counter is a service for others on a disk, whose handler is called without a
// network: what net/http does for a request is not measured.
type counter struct {
	b       *testing.B
	handler http.Handler
	key     signer // of alice, who may buy
	calls   atomic.Int64
}

// openCounter serves alice, who has bought slots so often, the last time since the
// start: what a server knows of accounts from then on is part of what is measured.
func openCounter(b *testing.B, purchases int) *counter {
	b.Helper()
	ctx, dir, master := context.Background(), b.TempDir(), parseMaster(b, "5a")
	c := &counter{b: b}
	err := server.Offline(ctx, server.Config{Data: dir}, func(p *server.Parts) (err error) {
		if _, err = p.Installation.Install(ctx, func() (iam.MasterKey, error) { return master, nil }); err == nil {
			c.key, err = customer(ctx, p)
		}
		return err
	})
	if err == nil {
		err = buyAll(ctx, dir, purchases-1)
	}
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.Start(ctx, server.Config{
		Data: dir, Master: &master, MaxSlots: account.MaxQuantity, Now: func() time.Time { return noon },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(ctx); err != nil {
			b.Error(err)
		}
	})
	c.handler = s.Handler()
	c.visitor("PurchaseOffering", order(ios, 1)).call()
	return c
}

// customer opens alice's account and returns a key of it.
func customer(ctx context.Context, p *server.Parts) (signer, error) {
	caller := journal.Caller{Account: alice, By: journal.By{Key: "bench"}}
	if _, err := p.Accounts.Configure(ctx, caller, account.Settings{}); err != nil {
		return signer{}, err
	}
	made, err := p.Keys.Create(ctx, caller, "bench", iam.Buyer(5))
	return signer{made.Key.ID, made.Secret}, err
}

// buyAll makes a number of purchases for alice.
func buyAll(ctx context.Context, dir string, purchases int) error {
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return err
	}
	for left := purchases; left > 0 && err == nil; left -= 1000 {
		_, err = store.Update(ctx, journal.Change{Account: alice, Recorded: noon, Decide: buy(min(left, 1000))})
	}
	return errors.Join(err, store.Close())
}

// buy decides on so many purchases.
func buy(purchases int) journal.Decide {
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: account.MaxQuantity}
	return func(s account.State) (events []account.Event, err error) {
		for range purchases {
			bought, err := s.Purchase(account.Order{OfferingID: ios, Quantity: 1}, terms, noon)
			if err != nil {
				return nil, err
			}
			s, events = account.Apply(s, bought), append(events, bought)
		}
		return events, nil
	}
}

// visitor makes one call over and over, each time with another invocation id. It
// is an http.ResponseWriter.
type visitor struct {
	counter *counter
	request *http.Request
	input   []byte
	body    bytes.Reader
	header  http.Header
	status  int
	answer  bytes.Buffer
}

func (v *visitor) Header() http.Header         { return v.header }
func (v *visitor) WriteHeader(status int)      { v.status = status }
func (v *visitor) Write(p []byte) (int, error) { return v.answer.Write(p) }

// visitor returns one that calls an operation.
func (c *counter) visitor(operation, input string) *visitor {
	v := &visitor{counter: c, input: []byte(input), header: http.Header{}}
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/", bytes.NewReader(v.input))
	if err != nil {
		c.b.Error(err)
		return v
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	sign := sigv4.Signer{AccessKeyID: c.key.id, Secret: c.key.secret, Region: "us-west-2", Service: "devicefarm"}
	if err := sign.Sign(r, v.input, noon); err != nil {
		c.b.Error(err)
	}
	r.RemoteAddr, r.Body = "127.0.0.1:1", io.NopCloser(&v.body)
	v.request = r
	return v
}

// call makes the call, which has to succeed.
func (v *visitor) call() {
	v.body.Reset(v.input)
	v.answer.Reset()
	v.request.Header["Amz-Sdk-Invocation-Id"] = []string{strconv.FormatInt(v.counter.calls.Add(1), 10)}
	if v.counter.handler.ServeHTTP(v, v.request); v.status != http.StatusOK {
		v.counter.b.Errorf("%d %s", v.status, &v.answer)
	}
}

// measure makes a call for as long as the benchmark takes.
func (c *counter) measure(b *testing.B, operation, input string) {
	v := c.visitor(operation, input)
	v.call()
	b.ReportAllocs()
	for b.Loop() {
		v.call()
	}
}

// BenchmarkPurchaseOffering buys from one caller and from many, who share commits.
func BenchmarkPurchaseOffering(b *testing.B) {
	b.Run("callers=1", func(b *testing.B) {
		openCounter(b, 1).measure(b, "PurchaseOffering", order(ios, 1))
	})
	b.Run("callers=64", func(b *testing.B) {
		c := openCounter(b, 1)
		b.SetParallelism(32) // times GOMAXPROCS
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for v := c.visitor("PurchaseOffering", order(ios, 1)); pb.Next(); {
				v.call()
			}
		})
	})
}

func BenchmarkListOfferings(b *testing.B) { openCounter(b, 1).measure(b, "ListOfferings", `{}`) }

func BenchmarkGetOfferingStatus(b *testing.B) {
	openCounter(b, 1).measure(b, "GetOfferingStatus", `{}`)
}

// BenchmarkListOfferingTransactions reads the two ends of a long history.
func BenchmarkListOfferingTransactions(b *testing.B) {
	const operation = "ListOfferingTransactions"
	c := openCounter(b, 100_000)
	deepest := c.deepest(operation)
	b.Run("page=first", func(b *testing.B) { c.measure(b, operation, `{}`) })
	b.Run("page=deepest", func(b *testing.B) { c.measure(b, operation, deepest) })
}

// deepest returns the input that asks for the last page of a list.
func (c *counter) deepest(operation string) string {
	for input := `{}`; ; {
		v := c.visitor(operation, input)
		v.call()
		var page struct{ NextToken string }
		if err := json.Unmarshal(v.answer.Bytes(), &page); err != nil {
			c.b.Fatal(err)
		}
		if page.NextToken == "" {
			return input
		}
		input = fmt.Sprintf(`{"nextToken":%q}`, page.NextToken)
	}
}

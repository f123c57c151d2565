package grid

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// MaxURLs is how many URLs of a project may be good at once.
const MaxURLs = 5000

// kept is how long a URL is kept after it has expired: the sessions that were begun
// there go on, and each of their commands names the URL.
const kept = time.Hour

// URL is where sessions of a project may be begun, for some time.
type URL struct {
	ID      string     `json:"id"`
	Account account.ID `json:"account"`
	Project string     `json:"project"` // its id
	Nonce   string     `json:"nonce"`
	Expires time.Time  `json:"expires"`
}

func urlKey(id string) string { return urls + id }

func expiryPrefix(of arn.ARN) string { return expiries + of.Account + "/" + of.Project() + "/" }

func instant(at time.Time) string { return fmt.Sprintf("%013d", at.UnixMilli()) }

// maxInstant comes after every instant.
const maxInstant = "~"

func expiryKey(u URL) string {
	return expiryPrefix(projectARN(u.Account, u.Project)) + instant(u.Expires) + "-" + u.ID
}

// CreateURL makes a URL of a project that is good for a time. Errors: NotFound for a
// project that the account does not have, LimitExceeded if it has too many.
func (g *Grid) CreateURL(ctx context.Context, id account.ID, of arn.ARN, lasts time.Duration) (URL, error) {
	now := g.config.Now().UTC().Truncate(time.Millisecond)
	if _, err := g.expire(ctx, expiryPrefix(of), instant(now.Add(-kept))); err != nil {
		return URL{}, err
	}
	if err := g.room(ctx, of, now); err != nil {
		return URL{}, err
	}
	u := URL{g.config.NewID(), id, of.Project(), g.config.Nonce(), now.Add(lasts)}
	key := projectKey(of)
	return u, store.Change(ctx, g.config.Store, []string{key}, func(m store.Moment) (store.Commit, error) {
		if _, err := decode(m[key], id, of); err != nil {
			return store.Commit{}, err
		}
		one, err := store.Encode(urlKey(u.ID), u)
		return store.Commit{Put: []store.Document{one, {Key: expiryKey(u), Body: []byte("{}")}}}, err
	})
}

// room returns nil if a project may have one URL more.
func (g *Grid) room(ctx context.Context, of arn.ARN, now time.Time) error {
	q := store.Query{Prefix: expiryPrefix(of), Limit: store.MaxPage}
	q.From = q.Prefix + instant(now)
	for n := 0; ; q.Limit = min(store.MaxPage, MaxURLs-n) {
		found, err := g.config.Store.Range(ctx, q)
		if err != nil || len(found) < q.Limit {
			return err
		}
		if n += len(found); n >= MaxURLs {
			return fault.New(fault.LimitExceeded, "The project has %d URLs that have not expired, which is as many as it may have. Let URLs expire sooner, or use one for several sessions.", MaxURLs)
		}
		q.From = found[len(found)-1].Key
	}
}

// URL returns the URL with an id. NotFound if there is none, or its project is being
// deleted.
func (g *Grid) URL(ctx context.Context, id string) (URL, error) {
	unknown := fault.New(fault.NotFound, "There is no such URL.")
	key := urlKey(id)
	if store.CheckKey(key) != nil {
		return URL{}, unknown
	}
	found, err := store.Read(ctx, g.config.Store, key)
	if err != nil {
		return URL{}, err
	}
	d, ok := found[key]
	if !ok {
		return URL{}, unknown
	}
	u, err := store.Decode[URL](d)
	if err == nil {
		_, err = g.Get(ctx, u.Account, projectARN(u.Account, u.Project))
	}
	return u, err
}

// Wish is what a client asks for that begins a session.
type Wish struct {
	Units  []string // ids of the browsers that would do
	Limits lease.Limits
}

// NewSession returns a session for a URL that may be queued, and the document of its
// project, which has to stay as it is until then. NotFound if it was deleted.
func (g *Grid) NewSession(ctx context.Context, u URL, w Wish) (lease.Session, store.Document, error) {
	_, parent, err := g.read(ctx, u.Account, projectARN(u.Account, u.Project))
	if err != nil {
		return lease.Session{}, parent, err
	}
	d, err := encodeDetails(w.Units, g.config.Units())
	return lease.Session{
		ID: g.config.NewID(), Account: u.Account, Kind: account.TestGrid, Method: account.Metered,
		Project: u.Project, Units: w.Units, Limits: w.Limits, Details: d,
	}, parent, err
}

// Sweep removes the URLs of all projects that nobody needs any more, and returns how
// many.
func (g *Grid) Sweep(ctx context.Context) (removed int, err error) {
	before := instant(g.config.Now().UTC().Add(-kept))
	for q := (store.Query{Prefix: expiries, Limit: 1}); ; {
		found, err := g.config.Store.Range(ctx, q)
		if err != nil || len(found) == 0 {
			return removed, err
		}
		key := found[0].Key
		prefix := key[:strings.LastIndexByte(key, '/')+1]
		n, err := g.expire(ctx, prefix, before)
		if removed += n; err != nil {
			return removed, err
		}
		q.From = prefix + maxInstant
	}
}

// expire removes the URLs of a project that expired before an instant.
func (g *Grid) expire(ctx context.Context, prefix, before string) (removed int, err error) {
	for {
		found, err := g.config.Store.Range(ctx, store.Query{Prefix: prefix, Limit: listed})
		if err != nil {
			return removed, err
		}
		var keys []string
		for _, d := range found {
			at, id, _ := strings.Cut(strings.TrimPrefix(d.Key, prefix), "-")
			if at >= before {
				break
			}
			keys = append(keys, d.Key, urlKey(id))
		}
		if len(keys) == 0 {
			return removed, nil
		}
		if _, err := g.config.Store.Commit(ctx, store.Commit{Delete: keys}); err != nil {
			return removed, err
		}
		removed += len(keys) / 2
	}
}

// browserOf returns the browser that a unit is, as a session remembers it.
func browserOf(u fleet.Unit) Browser {
	b := u.Browser()
	return Browser{Name: b.BrowserName(), Version: b.Version, Platform: b.Platform}
}

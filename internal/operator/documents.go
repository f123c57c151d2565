package operator

import (
	"math"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// setter is who changes the catalogue and plants seeds.
func setter(r *http.Request) journal.Caller { return callerOn("", r) }

// getCatalog shows what is for sale, or was by ?version=.
func (a api) getCatalog(r *http.Request) (any, error) {
	version, err := queryVersion(r, "version")
	if err != nil {
		return nil, err
	}
	shown := a.Catalog.Terms().Catalog
	if version != nil {
		if shown, err = a.Catalog.Of(r.Context(), *version); err != nil {
			return nil, err
		}
	}
	return formatted(shown)
}

func formatted(c offering.Catalog) (any, error) {
	body, err := manifest.FormatCatalog(c)
	return jsontext.Value(body), err
}

// putCatalog puts another catalogue in force, in place of version ?replaces=
// where that is given.
func (a api) putCatalog(r *http.Request) (any, error) {
	replaces, err := queryVersion(r, "replaces")
	if err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	catalog, err := manifest.ParseCatalog(body)
	if err != nil {
		return nil, err
	}
	if err := a.Catalog.Set(r.Context(), setter(r), catalog, replaces); err != nil {
		return nil, err
	}
	return formatted(catalog)
}

// queryVersion returns a version of the catalogue from the query, nil where it is
// missing.
func queryVersion(r *http.Request, name string) (*int, error) {
	n, err := queryInt(r, name, -1)
	if err != nil || n < 0 {
		return nil, err
	}
	version := int(min(n, math.MaxInt32))
	return &version, nil
}

type versionShape struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	Key     string `json:"key"`
}

type versionsAnswer struct {
	Versions []versionShape `json:"versions"`
}

// listVersions shows when which version of the catalogue was put in force, and by
// whom.
func (a api) listVersions(r *http.Request) (any, error) {
	versions, err := a.Catalog.Versions(r.Context())
	if err != nil {
		return nil, err
	}
	answer := versionsAnswer{Versions: []versionShape{}}
	for _, v := range versions {
		answer.Versions = append(answer.Versions, versionShape{v.Number, v.At.Format(timeFormat), v.Key})
	}
	return answer, nil
}

// exportSeed shows the present state as a seed.
func (a api) exportSeed(r *http.Request) (any, error) {
	seed, err := a.Seeds.Export(r.Context())
	if err != nil {
		return nil, err
	}
	body, err := manifest.FormatSeed(seed)
	return jsontext.Value(body), err
}

type plantedShape struct {
	Accounts     int `json:"accounts"`
	Transactions int `json:"transactions"`
}

// putSeed brings the accounts of a seed to its state.
func (a api) putSeed(r *http.Request) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	seed, err := manifest.ParseSeed(body)
	if err != nil {
		return nil, err
	}
	planted, err := a.Seeds.Plant(r.Context(), setter(r), seed)
	return plantedShape(planted), err
}

// reset forgets everything, faults included, and plants the newest seed again.
func (a api) reset(r *http.Request) (any, error) {
	if err := decodeOptional(r, &struct{}{}); err != nil {
		return nil, err
	}
	planted, err := a.Seeds.Reset(r.Context(), setter(r))
	if err == nil {
		err = a.Faults.Set(nil, nil)
	}
	return plantedShape(planted), err
}

type quoteBody struct {
	OfferingID  string `json:"offeringId"`
	Quantity    int    `json:"quantity"`
	PromotionID string `json:"offeringPromotionId"`
}

type quoteAnswer struct {
	OfferingID  string    `json:"offeringId"`
	Quantity    int       `json:"quantity"`
	EffectiveOn string    `json:"effectiveOn"`
	Cost        costShape `json:"cost"`
}

// quote says what a purchase would cost now.
func (a api) quote(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body quoteBody
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	order := account.Order{OfferingID: body.OfferingID, Quantity: body.Quantity, PromotionID: body.PromotionID}
	t, err := a.Orders.Quote(r.Context(), c, order)
	return quoteAnswer{
		OfferingID: t.OfferingID, Quantity: t.Quantity, EffectiveOn: t.EffectiveOn.Format(timeFormat),
		Cost: costShape{decimal(t.Cost.Decimal()), money.Currency},
	}, err
}

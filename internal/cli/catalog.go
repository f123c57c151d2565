package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// catalogCommand holds the commands on what is for sale.
type catalogCommand struct {
	Show     catalogShowCommand     `cmd:"" help:"Print what is for sale."`
	Validate catalogValidateCommand `cmd:"" help:"Check a catalogue for mistakes, without a server."`
	Diff     catalogDiffCommand     `cmd:"" help:"Print what a catalogue would change on a server."`
	Apply    catalogApplyCommand    `cmd:"" help:"Put a catalogue in force for purchases and renewals from now on."`
	Versions catalogVersionsCommand `cmd:"" help:"Print the versions of the catalogue: when each was put in force, and by whom."`
}

// catalogFile is the argument of commands that read a catalogue.
type catalogFile struct {
	File string `arg:"" placeholder:"FILE" help:"The catalogue, YAML or JSON."`
}

// load reads the catalogue.
func (c catalogFile) load() (offering.Catalog, error) {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return offering.Catalog{}, fmt.Errorf("catalogue: %w", err)
	}
	catalog, err := manifest.ParseCatalog(body)
	if err != nil {
		return catalog, fmt.Errorf("%s: %w", c.File, err)
	}
	return catalog, nil
}

// catalogShowCommand prints a catalogue.
type catalogShowCommand struct {
	query
	Version *int `env:"-" placeholder:"N" help:"The number of a version; 0 is what was for sale before version 1. By default the version in force."`
}

// Run prints the server's catalogue; as JSON, it is a document that apply
// accepts.
func (c *catalogShowCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		ask := api.Catalog
		if c.Version != nil {
			ask = func(ctx context.Context) (json.RawMessage, error) { return api.CatalogOf(ctx, *c.Version) }
		}
		body, err := ask(ctx)
		if err != nil {
			return err
		}
		catalog, err := manifest.ParseCatalog(body)
		p.catalog(catalog)
		return err
	})
}

// catalog adds a catalogue to the text: each price of an offering on a line.
func (p *page) catalog(c offering.Catalog) {
	var rows [][]string
	for _, o := range c.Offerings {
		use := "tests"
		if o.RemoteAccess {
			use = "remote access"
		}
		for _, price := range o.Prices {
			rows = append(rows, []string{o.ID, o.Description, string(o.Platform), use, price.Monthly.Fixed(), instantOr(price.From, "the beginning")})
		}
	}
	p.table([]string{"OFFERING", "DESCRIPTION", "PLATFORM", "FOR", "USD A MONTH", "FROM"}, rows)
	if len(c.Promotions) > 0 {
		p.say("")
		p.promotions(c)
	}
}

// promotions adds the promotions of a catalogue to the text.
func (p *page) promotions(c offering.Catalog) {
	var rows [][]string
	for _, o := range c.Promotions {
		offerings := "all"
		if len(o.OfferingIDs) > 0 {
			offerings = strings.Join(o.OfferingIDs, ", ")
		}
		rows = append(rows, []string{o.ID, o.Description, percents(o), customers(o), instantOr(o.From, ""), instantOr(o.Until, ""), offerings})
	}
	p.table([]string{"PROMOTION", "DESCRIPTION", "% OFF, BY MONTH", "FOR", "FROM", "UNTIL", "OFFERINGS"}, rows)
}

func instantOr(at time.Time, zero string) string {
	if at.IsZero() {
		return zero
	}
	return showTime(at)
}

func percents(o offering.Promotion) string {
	var all []string
	for _, percent := range o.PercentOff {
		all = append(all, strconv.Itoa(percent))
	}
	return strings.Join(all, ", ")
}

func customers(o offering.Promotion) string {
	if o.NewCustomersOnly {
		return "new customers"
	}
	return "all customers"
}

// catalogValidateCommand checks a catalogue.
type catalogValidateCommand struct {
	catalogFile
	Output string `short:"o" env:"-" default:"table" enum:"table,json" placeholder:"FORMAT" help:"Print text for people, or json: the catalogue as a server would show it."`
}

// Run reads the catalogue and says what it holds.
func (c *catalogValidateCommand) Run(streams IO) error {
	catalog, err := c.load()
	if err != nil {
		return err
	}
	p := &page{}
	if c.Output == "json" {
		if p.answer, err = manifest.FormatCatalog(catalog); err != nil {
			return err
		}
		return p.printJSON(streams.Out)
	}
	p.say("offerings: %d, promotions: %d", len(catalog.Offerings), len(catalog.Promotions))
	return p.printText(streams.Out)
}

// catalogDiffCommand compares a catalogue with the server's.
type catalogDiffCommand struct {
	catalogFile
	query
}

// Run prints the changes, one on a line; as JSON they are a list.
func (c *catalogDiffCommand) Run(ctx context.Context, streams IO) error {
	catalog, err := c.load()
	if err != nil {
		return err
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		now, _, err := served(ctx, api)
		if err != nil {
			return err
		}
		changes := offering.Changes(now, catalog)
		p.changes(changes)
		texts := []string{}
		for _, change := range changes {
			texts = append(texts, change.Text)
		}
		body, err := json.Marshal(map[string][]string{"changes": texts})
		p.keep(body)
		return err
	})
}

// catalogVersionsCommand prints the versions of the catalogue.
type catalogVersionsCommand struct {
	query
}

// Run prints a line for each version, oldest first.
func (c *catalogVersionsCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		versions, err := api.Versions(ctx)
		p.versions(versions)
		return err
	})
}

// versions adds versions of a document to the text.
func (p *page) versions(versions []operatorapi.Version) {
	var rows [][]string
	for _, v := range versions {
		rows = append(rows, []string{strconv.Itoa(v.Version), showTime(v.At), v.Key})
	}
	p.table([]string{"VERSION", "IN FORCE SINCE", "BY"}, rows)
}

// changes adds what changes to the text.
func (p *page) changes(changes []offering.Change) {
	for _, change := range changes {
		p.say("%s", change.Text)
	}
	if len(changes) == 0 {
		p.say("Nothing changes.")
	}
}

// catalogApplyCommand puts a catalogue in force.
type catalogApplyCommand struct {
	catalogFile
	query
	Yes bool `short:"y" env:"-" help:"Do not ask when a price changes."`
}

// Help returns the text of --help below the usage line.
func (catalogApplyCommand) Help() string {
	return `The command prints what changes. It asks before it changes the price of an offering, because slots that are already held cost the new price from the next month on.`
}

// Run applies the catalogue if it changes anything.
func (c *catalogApplyCommand) Run(ctx context.Context, streams IO) error {
	catalog, err := c.load()
	if err != nil {
		return err
	}
	r := revision{query: c.query, yes: c.Yes, name: c.File}
	return r.make(ctx, streams, func(offering.Catalog) (offering.Catalog, error) { return catalog, nil })
}

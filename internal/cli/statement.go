package cli

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// statementCommand prints what an account owes.
type statementCommand struct {
	endpoint
	Account accountID `required:"" placeholder:"ID" help:"The account."`
	Period  month     `env:"-" placeholder:"YYYY-MM" help:"The month, in UTC. By default the account's current month."`
	Output  string    `short:"o" env:"-" default:"table" enum:"table,json,csv" placeholder:"FORMAT" help:"Print a table for people, json: what the API answers, or csv."`
}

// Help returns the text of --help below the usage line.
func (statementCommand) Help() string {
	return `A statement shows what was bought in the month, what was charged at its beginning for renewed slots, and what the sessions come to that were booked in it: a line for each kind, platform and price, with the minutes. A renewal made during a month is charged at the beginning of the next. The statement shows the price of a slot if it follows from the amount or the catalogue.

CSV follows RFC 4180, with a header and without a total. Text that a spreadsheet would read as a formula has an apostrophe before it.`
}

// Run prints the statement.
func (c *statementCommand) Run(ctx context.Context, streams IO) error {
	var s operatorapi.Statement
	read := func(ctx context.Context, api *client.Client, p *page) (err error) {
		s, err = api.Statement(ctx, string(c.Account), string(c.Period))
		p.statement(s)
		return err
	}
	if c.Output != "csv" {
		return query{c.endpoint, c.Output}.show(ctx, streams, read)
	}
	return c.ask(ctx, func(ctx context.Context, api *client.Client) error {
		if err := read(ctx, api, &page{}); err != nil {
			return err
		}
		return printCSV(streams.Out, s)
	})
}

// statement adds a statement to the text.
func (p *page) statement(s operatorapi.Statement) {
	p.say("%s owes %s %s for %s, as of %s.", s.Account, fixed(s.TotalCents), s.CurrencyCode, s.Period, showTime(s.Now))
	if len(s.Lines) == 0 {
		return
	}
	var rows [][]string
	for _, l := range s.Lines {
		what := l.Description
		if what == "" {
			what = l.OfferingID
		}
		rows = append(rows, []string{showTime(l.Date), l.Kind, what, fixed(l.Cents), l.Why, l.TransactionID})
	}
	rows = append(rows, []string{"", "total", "", fixed(s.TotalCents), "", ""})
	p.say("")
	p.table([]string{"DATE", "WHAT", "OFFERING", s.CurrencyCode, "WHY", "TRANSACTION"}, rows)
}

func fixed(cents int64) string { return money.Cents(cents).Fixed() }

// printCSV prints the lines of a statement in the format of RFC 4180.
func printCSV(w io.Writer, s operatorapi.Statement) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	rows := [][]string{{
		"date", "what", "offering_id", "description", "quantity", "transaction_id", "promotion_id", "cents", "amount", "currency", "why",
	}}
	for _, l := range s.Lines {
		var promotions []string
		for _, r := range l.Promotions {
			promotions = append(promotions, r.PromotionID)
		}
		rows = append(rows, []string{
			showTime(l.Date), text(l.Kind), text(l.OfferingID), text(l.Description), strconv.Itoa(l.Quantity), text(l.TransactionID),
			text(strings.Join(promotions, " ")), strconv.FormatInt(l.Cents, 10), fixed(l.Cents), text(s.CurrencyCode), text(l.Why),
		})
	}
	return out.WriteAll(rows)
}

// text returns a cell that a spreadsheet reads as text and not as a formula.
func text(cell string) string {
	if strings.ContainsAny(firstRune(cell), "=+-@\t\r\n＝＋－＠") {
		return "'" + cell
	}
	return cell
}

func firstRune(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

// month is the billing period that a flag gives; "" if the flag is not given.
type month string

// UnmarshalText accepts a year and a month.
func (m *month) UnmarshalText(text []byte) error {
	p, err := offering.ParsePeriod(string(text))
	*m = month(p.String())
	return err
}

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/slotfarm/slotfarm/internal/client"
)

// query holds the flags of a command that asks a server and prints the answer.
type query struct {
	endpoint
	Output string `short:"o" env:"-" default:"table" enum:"table,json" placeholder:"FORMAT" help:"Print a table for people, or json: what the API answers."`
}

// onAccount holds the flags of a query about one account.
type onAccount struct {
	query
	Account accountID `required:"" placeholder:"ID" help:"The account."`
}

// show calls f, which asks the server and writes a page for people. It prints
// the page or the server's last answer.
func (q query) show(ctx context.Context, streams IO, f func(context.Context, *client.Client, *page) error) error {
	return q.ask(ctx, func(ctx context.Context, api *client.Client) error {
		p := &page{}
		if err := f(ctx, api.Tapped(p.keep), p); err != nil {
			return err
		}
		return q.print(streams.Out, p)
	})
}

// print prints a page in the format that the flags say.
func (q query) print(w io.Writer, p *page) error {
	if q.Output == "json" {
		return p.printJSON(w)
	}
	return p.printText(w)
}

// page is the output of a command: a text for people, and an answer for
// programs.
type page struct {
	text   strings.Builder
	answer []byte // JSON; nil if there is none
}

// keep makes a body the answer, in place of the previous one.
func (p *page) keep(body []byte) { p.answer = body }

// whole makes a list of all the pages of an answer the answer.
func (p *page) whole(name string, all []json.RawMessage) error {
	body, err := json.Marshal(map[string][]json.RawMessage{name: all})
	p.keep(body)
	return err
}

// say adds a line to the text.
func (p *page) say(format string, args ...any) {
	p.text.WriteString(plain(fmt.Sprintf(format, args...)) + "\n")
}

// table adds rows of cells below a header to the text. Columns that hold only
// numbers are aligned to the right, except the first, which names the row.
func (p *page) table(header []string, rows [][]string) {
	for column := range header {
		if column > 0 && numeric(rows, column) {
			alignRight(append([][]string{header}, rows...), column)
		}
	}
	w := tabwriter.NewWriter(&p.text, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			row[i] = plain(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // writing to a strings.Builder cannot fail
}

// numeric reports whether a column holds only numbers. It ignores rows without
// a cell there.
func numeric(rows [][]string, column int) bool {
	found := false
	for _, row := range rows {
		if row[column] == "" {
			continue
		}
		if _, err := strconv.ParseFloat(row[column], 64); err != nil {
			return false
		}
		found = true
	}
	return found
}

func alignRight(rows [][]string, column int) {
	width := 0
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(row[column]))
	}
	for _, row := range rows {
		row[column] = fmt.Sprintf("%*s", width, row[column])
	}
}

// plain returns a text without characters that would move a terminal's cursor
// or break a line: names and descriptions may hold anything.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// printText prints the text, without spaces at the ends of lines.
func (p *page) printText(w io.Writer) error {
	var trimmed strings.Builder
	for line := range strings.Lines(p.text.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(w, trimmed.String())
	return err
}

// printJSON prints the answer, indented.
func (p *page) printJSON(w io.Writer) error {
	if p.answer == nil {
		return nil
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, bytes.TrimSpace(p.answer), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, &indented)
	return err
}

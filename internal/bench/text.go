package bench

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Print writes the report as text for people.
func (r Report) Print(out io.Writer) error {
	var b strings.Builder
	s := r.Settings
	loop := "closed loop"
	if s.Rate > 0 {
		loop = "open loop at " + thousands(s.Rate) + " requests/s"
	}
	fmt.Fprintf(&b, "%s on %d cores, %s %s/%s\n", s.Endpoint, r.Machine.Cores, r.Machine.Go, r.Machine.OS, r.Machine.Arch)
	fmt.Fprintf(&b, "%s connections, %s accounts, %s, %gs each after %gs, rounds: %d\n",
		thousands(float64(s.Connections)), thousands(float64(s.Accounts)), loop, s.DurationSeconds, s.WarmupSeconds, len(r.Rounds))
	if r.Prepared.Requests > 0 {
		fmt.Fprintf(&b, "prepared with %s requests in %.1f s\n", thousands(float64(r.Prepared.Requests)), r.Prepared.Seconds)
	}
	b.WriteByte('\n')
	printRows(&b, r.Rows)
	printFindings(&b, r)
	_, err := io.WriteString(out, b.String())
	return err
}

func printRows(out io.Writer, rows []Row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "workload\trequests/s\tof floor\tp50 ms\tp90\tp99\tp99.9\tmax\terrors\tserver CPU s\tµs/request\tRSS MiB\tbench CPU s\t")
	for _, row := range rows {
		cells := []string{row.Name, thousands(row.PerSecond), figure(row.Ratio, 2)}
		for _, micros := range []float64{row.Latency.P50, row.Latency.P90, row.Latency.P99, row.Latency.P999, row.Latency.Max} {
			cells = append(cells, strconv.FormatFloat(micros/1000, 'f', 2, 64))
		}
		cells = append(cells, strconv.FormatInt(row.Failed, 10), figure(row.Server.CPUSeconds, 1),
			figure(row.Server.CPUMicrosEach, 0), figure(row.Server.ResidentSetBytes/(1<<20), 0), figure(row.Generator.CPUSeconds, 1))
		fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
	}
	_ = w.Flush() // writing to a strings.Builder cannot fail
}

// printFindings prints what does not fit the table.
func printFindings(out io.Writer, r Report) {
	if r.Fdatasync != (Latency{}) {
		fmt.Fprintf(out, "\nfdatasync of 4 KiB: p50 %.3f ms, p99 %.3f ms\n", r.Fdatasync.P50/1000, r.Fdatasync.P99/1000)
	}
	for _, row := range r.Rows {
		if row.TransactionsEachSec > 0 {
			fmt.Fprintf(out, "\n%s: %s accounts in %.2f s, %s transactions/s\n",
				row.Name, thousands(float64(row.Accounts)), row.Seconds, thousands(row.TransactionsEachSec))
		}
		if row.Unsent > 0 {
			fmt.Fprintf(out, "\nTOO SLOW: %s: %s requests were due but not sent\n", row.Name, thousands(float64(row.Unsent)))
		}
	}
	for _, c := range r.Comparisons {
		fmt.Fprintf(out, "\n%s: %.2f\n", c.Name, c.Value)
	}
	for _, row := range r.Rows {
		for _, f := range row.Failures {
			fmt.Fprintf(out, "\nFAILED: %s: %s times %s, such as: %s\n", row.Name, thousands(float64(f.Count)), f.Name, oneLine(f.Example))
		}
	}
	if r.Interrupted {
		fmt.Fprintln(out, "\nINTERRUPTED")
	}
}

// figure returns a number with a fixed number of decimals, or a dash if it is
// not known.
func figure(n float64, decimals int) string {
	if n == 0 {
		return "-"
	}
	return strconv.FormatFloat(n, 'f', decimals, 64)
}

// thousands returns a non-negative number, rounded, with its digits in groups
// of three.
func thousands(n float64) string {
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// oneLine joins the lines of a text into one.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// ClearLine moves a terminal's cursor to the start of its line and clears the
// line.
const ClearLine = "\r\x1b[K"

// Line returns the progress as text that replaces the previous line on a
// terminal.
func (p Progress) Line() string {
	line := p.Name
	if p.Round > 0 && p.Rounds > 1 {
		line += fmt.Sprintf(", round %d of %d", p.Round, p.Rounds)
	}
	if p.Length > 0 {
		line += fmt.Sprintf(": %s of %s", p.Passed.Truncate(time.Second), p.Length)
	} else {
		line += fmt.Sprintf(": %s of %s", thousands(float64(min(p.Done, p.Limit))), thousands(float64(p.Limit)))
	}
	line += fmt.Sprintf(", %s/s", thousands(float64(p.Done)/max(p.Passed.Seconds(), 0.001)))
	if p.Failed > 0 {
		line += fmt.Sprintf(", %s FAILED", thousands(float64(p.Failed)))
	}
	return ClearLine + line
}

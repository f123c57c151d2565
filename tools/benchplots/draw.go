package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// row holds what the plots need from a row of a report.
type row struct {
	Name      string
	PerSecond float64                    `json:"requestsPerSecond"`
	Latency   struct{ P50, P99 float64 } `json:"latencyMicros"`
}

// figure is a plot of one series on all engines.
type figure struct {
	name, series string
	title, x, y  string
	rows         []string // names of rows in the reports; each makes a line
	value        func(row) float64
	logarithmic  bool // also y; x always is
}

// figures returns the plots that are drawn.
func figures() []figure {
	perSecond := func(r row) float64 { return r.PerSecond }
	p50 := func(r row) float64 { return r.Latency.P50 / 1000 }
	p99 := func(r row) float64 { return r.Latency.P99 / 1000 }
	purchases, pages := []string{"purchases"}, []string{"first-page", "deepest-page"}
	return []figure{
		{"connections", "connections", "Purchases, and offerings listed: the floor", "connections", "requests per second", []string{"purchases", "offerings"}, perSecond, true},
		{"connections-p99", "connections", "How long a purchase takes", "connections", "p99 in milliseconds", purchases, p99, true},
		{"accounts", "accounts", "Purchases over 64 connections", "accounts", "purchases per second", purchases, perSecond, false},
		{"accounts-p99", "accounts", "How long a purchase takes over 64 connections", "accounts", "p99 in milliseconds", purchases, p99, true},
		{"history", "history", "How long a page of 100 transactions takes", "transactions of the account", "median in milliseconds", pages, p50, false},
	}
}

// draw draws all results in a directory into it.
func draw(dir string) error {
	for _, f := range figures() {
		p, err := f.plot(dir)
		if err == nil && p != nil {
			err = save(p, filepath.Join(dir, f.name+".svg"))
		}
		if err != nil {
			return fmt.Errorf("draw %s: %w", f.name, err)
		}
	}
	return nil
}

// save writes a plot as an SVG file, with fallback fonts of the same widths.
func save(p *plot.Plot, file string) error {
	writer, err := p.WriterTo(18*vg.Centimeter, 10*vg.Centimeter, "svg")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if _, err := writer.WriteTo(&out); err != nil {
		return err
	}
	font := []byte("font-family:Liberation Sans")
	return os.WriteFile(file, bytes.ReplaceAll(out.Bytes(), font, append(font, ",Arial,Helvetica,sans-serif"...)), 0o644)
}

// plot returns the plot, or nil if nothing of its series was measured.
func (f figure) plot(dir string) (*plot.Plot, error) {
	files, err := filepath.Glob(filepath.Join(dir, f.series+"-*.json"))
	if err != nil || len(files) == 0 {
		return nil, err
	}
	p := plot.New()
	for i, file := range files {
		if err := f.add(p, file, plotutil.Color(i)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	f.label(p)
	return p, nil
}

// add adds the lines of one result, all in one colour.
func (f figure) add(p *plot.Plot, file string, colour color.Color) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r result
	if err := json.Unmarshal(body, &r); err != nil {
		return err
	}
	for i, name := range f.rows {
		points, err := f.points(r, name)
		if err != nil {
			return err
		}
		line, symbols, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, line.Dashes = colour, plotutil.Dashes(i)
		symbols.Color, symbols.Shape = colour, plotutil.Shape(i)
		p.Add(line, symbols)
		p.Legend.Add(r.Engine+": "+name, line, symbols)
	}
	return nil
}

// points returns the points of a row's line, in the order of measurement.
func (f figure) points(r result, name string) (plotter.XYs, error) {
	var points plotter.XYs
	for _, run := range r.Runs {
		var report struct{ Rows []row }
		if err := json.Unmarshal(run.Report, &report); err != nil {
			return nil, err
		}
		for _, row := range report.Rows {
			if row.Name == name {
				points = append(points, plotter.XY{X: float64(run.Value), Y: f.value(row)})
			}
		}
	}
	return points, nil
}

// label sets the texts, scales and ticks of the plot.
func (f figure) label(p *plot.Plot) {
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = f.title, f.x, f.y
	for _, style := range []*text.Style{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle,
	} {
		style.Font.Variant = "Sans"
	}
	values := valuesOf(f.series)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticksAt(values)
	p.X.Min, p.X.Max = 0.8*float64(values[0]), 1.25*float64(values[len(values)-1])
	p.Legend.Left, p.Legend.Top, p.Legend.Padding = true, f.logarithmic, 2
	if f.logarithmic {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(decades)
		p.Y.Min, p.Y.Max = math.Pow10(exponent(p.Y.Min)), math.Pow10(1+exponent(p.Y.Max))
	} else {
		p.Y.Min, p.Y.Max = 0, 1.1*p.Y.Max
	}
	p.Add(plotter.NewGrid())
}

// valuesOf returns the values of a series.
func valuesOf(name string) []int {
	for _, s := range allSeries() {
		if s.name == name {
			return s.values
		}
	}
	return nil
}

func ticksAt(values []int) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, value := range values {
		ticks = append(ticks, plot.Tick{Value: float64(value), Label: number(float64(value))})
	}
	return ticks
}

// decades returns ticks with labels at powers of ten, and some without labels
// in between.
func decades(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Pow10(exponent(low)); power <= high; power *= 10 {
		ticks = append(ticks, plot.Tick{Value: power, Label: number(power)})
		for digit := 2.0; digit < 10; digit++ {
			ticks = append(ticks, plot.Tick{Value: digit * power})
		}
	}
	return ticks
}

// exponent returns the exponent of the greatest power of ten that is not above
// a positive number.
func exponent(n float64) int { return int(math.Floor(math.Log10(n))) }

// number formats a number on an axis.
func number(n float64) string {
	switch {
	case n >= 1e6:
		return strconv.FormatFloat(n/1e6, 'g', 3, 64) + " million"
	case n >= 1e4:
		return strconv.FormatFloat(n/1e3, 'g', 3, 64) + " 000"
	}
	return strconv.FormatFloat(n, 'g', 4, 64)
}

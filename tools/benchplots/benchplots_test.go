package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invented returns what slotfarm bench might have printed.
func invented(value int) json.RawMessage {
	rows := `{"rows":[`
	for i, name := range []string{"purchases", "offerings", "first-page", "deepest-page"} {
		if i > 0 {
			rows += ","
		}
		rows += fmt.Sprintf(`{"name":%q,"requestsPerSecond":%d,"latencyMicros":{"p50":%d,"p99":9000}}`, name, 900+value%77, 500+100*i)
	}
	return json.RawMessage(rows + `]}`)
}

// TestDraw draws every figure on two engines, from all values and from one.
func TestDraw(t *testing.T) {
	t.Parallel()
	for _, least := range []int{0, 1000} {
		dir := t.TempDir()
		for _, s := range allSeries() {
			for _, engine := range []string{"SQLite", "PostgreSQL"} {
				r := result{Engine: engine, Flag: s.flag}
				for _, value := range s.values {
					if value >= least || value == s.values[len(s.values)-1] {
						r.Runs = append(r.Runs, oneValue{value, invented(value)})
					}
				}
				if err := keep(filepath.Join(dir, s.name+"-"+strings.ToLower(engine)+".json"), r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := run(context.Background(), []string{"--draw", "--out", dir}); err != nil {
			t.Fatal(err)
		}
		for _, f := range figures() {
			checkFigure(t, f, dir)
		}
	}
}

// checkFigure finds a small SVG file that has the words of a figure in it.
func checkFigure(t *testing.T, f figure, dir string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, f.name+".svg"))
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 60_000 {
		t.Errorf("%s has %d bytes", f.name, len(body))
	}
	for _, want := range append([]string{f.title, f.x, f.y}, "SQLite: "+f.rows[0], "PostgreSQL: "+f.rows[0]) {
		if !strings.Contains(string(body), ">"+want+"</text>") {
			t.Errorf("%s does not say %q", f.name, want)
		}
	}
}

func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := run(context.Background(), []string{"--draw", "--out", dir}); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("files = %v, %v; want none", files, err)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]string{0.1: "0.1", 1: "1", 64: "64", 1000: "1000", 10_000: "10 000", 1_000_000: "1 million"} {
		if got := number(n); got != want {
			t.Errorf("number(%g) = %q, want %q", n, got, want)
		}
	}
}

package telemetry_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// metricName finds metrics in an expression.
var metricName = regexp.MustCompile(`\b(?:slotfarm|go|process)_\w+`)

// ofHistogram finds what the name of a histogram has after it in its parts.
var ofHistogram = regexp.MustCompile(`_(?:bucket|sum|count)$`)

// labels finds the quoted texts of an expression, and the lists of labels to
// sum by, in which a name is no metric.
var labels = regexp.MustCompile(`"[^"]*"|\bby \([^)]*\)`)

// used returns the metrics in expressions, and complains of those that a server
// does not have.
func used(t *testing.T, expressions []string) []string {
	t.Helper()
	have := families(page(metrics()))
	var names []string
	for _, expression := range expressions {
		if strings.Count(expression, "(") != strings.Count(expression, ")") || strings.Count(expression, "{") != strings.Count(expression, "}") {
			t.Errorf("%s: brackets do not match", expression)
		}
		found := metricName.FindAllString(labels.ReplaceAllString(expression, ""), -1)
		if len(found) == 0 {
			t.Errorf("%s: no metric", expression)
		}
		for _, name := range found {
			base := ofHistogram.ReplaceAllString(name, "")
			if histogram := have[base] == "histogram"; histogram == (base != name) {
				names = append(names, base)
			}
			if _, ok := have[name]; !ok && have[base] != "histogram" {
				t.Errorf("%s: there is no metric %s", expression, name)
			}
		}
	}
	return names
}

// dashboard is what the test reads of a dashboard of Grafana.
type dashboard struct {
	UID, Title string
	Panels     []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ H, W, X, Y int }
		Targets []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Name, Definition string }
	}
}

// TestDashboards has the panels of all dashboards show every metric of slotfarm's
// own.
func TestDashboards(t *testing.T) {
	t.Parallel()
	var shown []string
	uids := map[string]bool{}
	for _, name := range []string{"slotfarm", "lab"} {
		body, err := os.ReadFile("../../deploy/grafana/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(body, &d); err != nil || d.UID == "" || d.Title == "" || uids[d.UID] {
			t.Fatalf("%s: %v; uid %q, title %q", name, err, d.UID, d.Title)
		}
		uids[d.UID] = true
		shown = append(shown, used(t, d.expressions(t))...)
	}
	for name := range families(page(metrics())) {
		if strings.HasPrefix(name, "slotfarm_") && !slices.Contains(shown, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// expressions returns those of the panels, whose places it checks, and of the
// variables.
func (d dashboard) expressions(t *testing.T) []string {
	t.Helper()
	var expressions []string
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W == 0 {
			t.Errorf("panel %q: id %d, place %+v", p.Title, p.ID, p.GridPos)
		}
		ids[p.ID] = true
		if len(p.Targets) == 0 && p.Type != "row" {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			expressions = append(expressions, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		if v.Definition != "" {
			expressions = append(expressions, v.Definition)
		}
	}
	return expressions
}

// alerts is a file of rules for Prometheus, with all that ours may have.
type alerts struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr         string
			For                 time.Duration
			Labels, Annotations map[string]string
		}
	}
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../deploy/prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	decoder.KnownFields(true)
	var file alerts
	if err := decoder.Decode(&file); err != nil || len(file.Groups) != 1 || len(file.Groups[0].Rules) != 8 {
		t.Fatalf("%v in %+v, want a group of eight rules", err, file)
	}
	var expressions []string
	for _, rule := range file.Groups[0].Rules {
		expressions = append(expressions, rule.Expr)
		if rule.Alert == "" || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%+v: something is missing", rule)
		}
		if !strings.Contains(rule.Expr, ">") {
			t.Errorf("%s: no threshold", rule.Expr)
		}
	}
	used(t, expressions)
}

// TestDocumented has the table of metrics name each of slotfarm's own, and no
// other.
func TestDocumented(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	have := families(page(metrics()))
	for _, match := range regexp.MustCompile("(?m)^\\| `(slotfarm_\\w+)` \\| (\\w+) ").FindAllStringSubmatch(string(body), -1) {
		if have[match[1]] != match[2] {
			t.Errorf("the table has a %s %s; it is %q", match[2], match[1], have[match[1]])
		}
		delete(have, match[1])
	}
	for name := range have {
		if strings.HasPrefix(name, "slotfarm_") {
			t.Errorf("the table lacks %s", name)
		}
	}
}

package archtest

import (
	"slices"
	"strings"
	"testing"
)

// Groups of packages in the import table.
const (
	domain    = "fault plaintext money offering account"
	lab       = "arn device"
	engines   = "store/sqlite store/postgres"
	parts     = "access acts billing catalog commandlog fleet grid inventory project sandbox session sweep"
	libraries = domain + " " + lab + " iam journal store strictjson manifest " + engines + " " + parts + " sigv4 web wallclock checkpoint awsjson apimodel backend files gateway simulator lease schedule devicefarm injection throttle operatorapi operator telemetry"
	anything  = libraries + " server client bench cli slotfarmtest store/storetest"
)

// importTable says which packages of the module each package may import. Tests
// may import more; packages that do not exist yet may already be listed.
var importTable = map[string]string{
	"fault":            "",
	"durable":          "",
	"plaintext":        "fault",
	"arn":              "fault",
	"device":           "arn account offering plaintext fault",
	"money":            "fault",
	"offering":         "money fault",
	"account":          "offering money plaintext fault",
	"iam":              "fault",
	"journal":          domain,
	"store":            "journal fault",
	"store/storetest":  "store journal " + domain,
	"store/records":    "store",
	"store/sqlite":     "store store/records journal durable " + domain,
	"store/postgres":   "store store/records journal " + domain,
	"checkpoint":       "durable journal account fault",
	"wallclock":        "",
	"strictjson":       "fault",
	"manifest":         "strictjson device account offering money fault",
	"acts":             "store journal account fault",
	"catalog":          "store acts manifest journal account offering money fault",
	"billing":          "journal account offering money fault",
	"sandbox":          "store acts billing catalog manifest journal account offering money fault",
	"sweep":            "store journal account fault",
	"lease":            "account offering money fault",
	"schedule":         "lease account",
	"fleet":            "lease schedule device billing store journal account offering fault",
	"commandlog":       "store",
	"grid":             "fleet lease commandlog device arn store account fault",
	"files":            "fault",
	"session":          "fleet inventory project lease store arn account fault",
	"backend":          "fleet",
	"gateway":          "grid fleet lease store account fault",
	"access":           "store acts journal iam account plaintext fault",
	"sigv4":            "fault",
	"web":              "iam fault",
	"awsjson":          "web fault",
	"apimodel":         "fault",
	"inventory":        "store acts manifest journal device arn account fault",
	"project":          "store arn account fault",
	"devicefarm":       "apimodel billing grid inventory project session fleet lease iam sigv4 web awsjson journal device arn account offering money fault",
	"injection":        "web awsjson fault account",
	"throttle":         "web fault",
	"operatorapi":      "fault",
	"operator":         "operatorapi acts checkpoint wallclock injection access billing catalog inventory sandbox fleet lease manifest strictjson web journal iam account offering money plaintext fault",
	"telemetry":        "store journal fleet lease gateway web account fault",
	"server":           libraries,
	"client":           "operatorapi",
	"bench":            "client",
	"benchserver":      "",
	"completion":       "",
	"offline":          "server durable access acts store checkpoint " + engines + " journal account iam fault",
	"cli":              "server client bench benchserver completion offline acts checkpoint durable store/sqlite access journal iam sigv4 manifest device account offering money operatorapi telemetry throttle fault",
	"cmd/slotfarm":     "cli",
	"slotfarmtest":     "server client operatorapi manifest",
	"e2e/harness":      anything + " store/postgres/pgtest",
	"e2e/clients":      "",
	"e2e/crash":        "",
	"e2e/lab":          "",
	"e2e/nodes":        "",
	"e2e/sandbox":      "",
	"e2e/serve":        "",
	"farmtest":         "server store/sqlite journal offering account",
	"e2e/gosdk":        "",
	"oracle":           "",
	"simulation":       "",
	"simulator":        "",
	"archtest":         "",
	"tools/benchplots": "",

	"apimodel/modeltest":    "apimodel",
	"store/postgres/pgtest": "",
}

// confined says which packages alone may import the modules of others whose
// paths start as given: drivers stay in their engine, the JSON of the wire on it.
var confined = map[string]string{
	"modernc.org/sqlite":            "store/sqlite",
	"github.com/jackc/pgx":          "store/postgres store/postgres/pgtest tools/benchplots",
	"github.com/pressly/goose":      engines,
	"github.com/go-json-experiment": "apimodel awsjson devicefarm operator strictjson manifest iam",
	"github.com/alecthomas/kong":    "cli completion",
	"github.com/prometheus":         "telemetry",
	"golang.org/x/image":            "simulator",
	"go.opentelemetry.io":           "telemetry",
}

func TestImportTable(t *testing.T) { none(t, checkImportTable(sources(t))) }

func TestPartsSpeakNoProtocol(t *testing.T) { none(t, checkProtocols(sources(t))) }

func TestImportsOfOthers(t *testing.T) { none(t, checkConfined(sources(t))) }

// checkImportTable finds packages that the table does not know, and imports
// within the module that it does not allow.
func checkImportTable(sources []source) []string {
	var findings []string
	unknown := map[string]bool{}
	for _, s := range sources {
		allowed, ok := importTable[s.pkg()]
		if !ok && !unknown[s.pkg()] {
			unknown[s.pkg()] = true
			findings = append(findings, s.finding(s.file.Package, "package %s is not in the import table", s.pkg()))
		}
		if !ok || s.isTest() {
			continue
		}
		for _, spec := range s.file.Imports {
			imported, ours := strings.CutPrefix(pathOf(spec), module+"/")
			imported = strings.TrimPrefix(imported, "internal/")
			if ours && !oneOf(imported, allowed) {
				findings = append(findings, s.finding(spec.Pos(), "package %s must not import %s", s.pkg(), imported))
			}
		}
	}
	return findings
}

// checkProtocols finds parts of the farm that know of the network.
func checkProtocols(sources []source) []string {
	var findings []string
	for _, s := range sources {
		if s.isTest() || !oneOf(s.pkg(), parts) {
			continue
		}
		for _, spec := range s.file.Imports {
			if path := pathOf(spec); path == "net" || strings.HasPrefix(path, "net/") {
				findings = append(findings, s.finding(spec.Pos(), "package %s must not import %s", s.pkg(), path))
			}
		}
	}
	return findings
}

// checkConfined finds imports of modules of others outside the packages that
// may import them. Tests may, unless they are tests of the domain.
func checkConfined(sources []source) []string {
	var findings []string
	for _, s := range sources {
		if s.isTest() && !oneOf(s.pkg(), domain) {
			continue
		}
		for _, spec := range s.file.Imports {
			for prefix, allowed := range confined {
				if strings.HasPrefix(pathOf(spec), prefix) && !oneOf(s.pkg(), allowed) {
					findings = append(findings, s.finding(spec.Pos(), "only %s may import %s", allowed, prefix))
				}
			}
		}
	}
	return findings
}

// oneOf reports whether name is one of the names in a list with spaces between.
func oneOf(name, list string) bool { return slices.Contains(strings.Fields(list), name) }

func TestImportTableCanFail(t *testing.T) {
	got := checkImportTable(parse(t,
		"internal/money/a.go", `package money; import "github.com/slotfarm/slotfarm/internal/account"`,
		"internal/money/a_test.go", `package money; import "github.com/slotfarm/slotfarm/internal/account"`,
		"internal/billing/a.go", `package billing; import "github.com/slotfarm/slotfarm/internal/server"`,
		"internal/billing/b.go", `package billing; import "github.com/slotfarm/slotfarm/internal/journal"`,
		"internal/server/a.go", `package server; import "github.com/slotfarm/slotfarm/internal/cli"`,
		"cmd/slotfarm/main.go", `package main; import "github.com/slotfarm/slotfarm/internal/server"`,
		"internal/util/a.go", `package util`,
		"internal/util/b.go", `package util; import "github.com/slotfarm/slotfarm/internal/cli"`,
	))
	exactly(t, got,
		"internal/money/a.go:1: package money must not import account",
		"internal/billing/a.go:1: package billing must not import server",
		"internal/server/a.go:1: package server must not import cli",
		"cmd/slotfarm/main.go:1: package cmd/slotfarm must not import server",
		"internal/util/a.go:1: package util is not in the import table",
	)
}

func TestPartsSpeakNoProtocolCanFail(t *testing.T) {
	got := checkProtocols(parse(t,
		"internal/billing/a.go", `package billing; import "net/http"`,
		"internal/billing/a_test.go", `package billing; import "net/http"`,
		"internal/sweep/a.go", `package sweep; import "net"`,
		"internal/server/a.go", `package server; import "net/http"`,
	))
	exactly(t, got,
		"internal/billing/a.go:1: package billing must not import net/http",
		"internal/sweep/a.go:1: package sweep must not import net",
	)
}

func TestImportsOfOthersCanFail(t *testing.T) {
	got := checkConfined(parse(t,
		"internal/store/sqlite/a.go", `package sqlite; import _ "modernc.org/sqlite"`,
		"internal/billing/a.go", `package billing; import _ "modernc.org/sqlite"`,
		"internal/server/a_test.go", `package server; import _ "modernc.org/sqlite"`,
		"internal/account/a_test.go", `package account; import _ "github.com/jackc/pgx/v5"`,
		"internal/operator/a.go", `package operator; import "github.com/go-json-experiment/json"`,
		"internal/cli/a.go", `package cli; import "github.com/go-json-experiment/json/jsontext"`,
	))
	exactly(t, got,
		"internal/billing/a.go:1: only store/sqlite may import modernc.org/sqlite",
		"internal/account/a_test.go:1: only store/postgres store/postgres/pgtest tools/benchplots may import github.com/jackc/pgx",
		"internal/cli/a.go:1: only apimodel awsjson devicefarm operator strictjson manifest iam may import github.com/go-json-experiment",
	)
}

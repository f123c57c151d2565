package completion_test

import (
	"flag"
	"os"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/completion"
)

var update = flag.Bool("update", false, "write the golden files anew")

// toy is a command line with a bit of everything, so that the scripts for it do
// not change with slotfarm's.
type toy struct {
	Quiet bool `short:"q" help:"Say it's nothing: [really] $nothing."`
	Draw  struct {
		Circle struct {
			Color string `short:"c" enum:"red,green" default:"red" help:"The color."`
			Fill  bool   `negatable:"" help:"Fill it."`
			Into  string `placeholder:"FILE" help:"Where to."`
			Under string `placeholder:"DIR" help:"Below what."`
			Size  int    `help:"How large."`
		} `cmd:"" help:"Draw a circle."`
		Secret struct{} `cmd:"" hidden:"" help:"Not to be seen."`
	} `cmd:"" help:"Draw something."`
	Show struct {
		File string `arg:"" placeholder:"FILE" help:"What."`
	} `cmd:"" help:"Show a drawing."`
	Erase struct {
		How string `arg:"" enum:"gently,wholly" help:"How."`
	} `cmd:"" help:"Erase everything."`
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&toy{}, kong.Name("toy"))
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range completion.Shells {
		got := completion.Script(shell, parser.Model)
		file := "testdata/" + shell + ".golden"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

package clients

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"go.yaml.in/yaml/v3"
)

// recipe finds a file of docs/testing.md: its name in a comment, and its text in the block that follows.
var recipe = regexp.MustCompile("(?s)<!-- file: ([a-z/._-]+) -->\n```[a-z]*\n(.*?)```")

// recipes writes the files of docs/testing.md to a directory and returns it.
func recipes(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	found := recipe.FindAllSubmatch(page, -1)
	if len(found) != strings.Count(string(page), "<!-- file: ") {
		t.Fatalf("%d files were found; docs/testing.md names more", len(found))
	}
	for _, file := range found {
		name := filepath.Join(dir, string(file[1]))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file[2], 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// cook runs a program in a recipe's directory, with slotfarm on the path, and returns what it printed.
func cook(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	if argv[0] == "slotfarm" {
		argv[0] = harness.Binary("slotfarm")
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + filepath.Dir(harness.Binary("slotfarm")) + ":/usr/bin:/bin:" + os.Getenv("PATH"),
		"HOME=" + dir, "TMPDIR=" + dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, out)
	}
	return string(out)
}

var findPytest = sync.OnceValues(func() ([]string, error) {
	python, err := harness.FindBoto3()
	if err == nil {
		err = exec.Command(python[0], "-c", "import pytest").Run()
	}
	if err != nil {
		return nil, fmt.Errorf("no python3 with boto3 and pytest: %w", err)
	}
	return []string{python[0], "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0"}, nil
})

func TestRecipePytest(t *testing.T) {
	argv := harness.Installed(t, findPytest)
	out := cook(t, filepath.Join(recipes(t), "pytest"), argv...)
	t.Log(out)
	if !strings.Contains(out, "2 passed") {
		t.Error("want 2 passed")
	}
}

func TestRecipeShell(t *testing.T) {
	harness.Installed(t, harness.Awscli.Find)
	out := cook(t, filepath.Join(recipes(t), "shell"), "sh", "test.sh")
	if strings.Count(out, "250.00 USD") != 3 {
		t.Errorf("the script printed %q, want three renewals at 250.00", out)
	}
}

func TestRecipeNode(t *testing.T) {
	argv := harness.Installed(t, harness.Jssdk.Find)
	dir := filepath.Join(recipes(t), "node")
	modules, err := filepath.Abs("../js/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if out := cook(t, dir, argv[0], "--test"); !strings.Contains(out, "# pass 3") {
		t.Errorf("node printed %s, want 3 tests to pass", out)
	}
}

// TestRecipeSeed starts a sandbox from the seed and sees it as the page tells.
func TestRecipeSeed(t *testing.T) {
	dir := filepath.Join(recipes(t), "seed")
	cook(t, dir, "slotfarm", "seed", "check", "team.yaml")
	s := harness.StartServer(t, nil, "sandbox", "--listen", "127.0.0.1:0", "--seed", filepath.Join(dir, "team.yaml"))
	out := cook(t, dir, "slotfarm", "journal", "tail", "--endpoint-url", s.Endpoint, "--account", "111122223333", "-n", "3")
	if !strings.Contains(out, "551.00 USD") {
		t.Errorf("journal = %s, want November at 551.00", out)
	}
	exported := cook(t, dir, "slotfarm", "seed", "export", "--endpoint-url", s.Endpoint)
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	cook(t, dir, "slotfarm", "seed", "apply", "--endpoint-url", s.Endpoint, "state.json")
	again := cook(t, dir, "slotfarm", "seed", "export", "--endpoint-url", s.Endpoint)
	if again != exported {
		t.Errorf("exported again: %s\nbefore: %s", again, exported)
	}
}

// image is what the Dockerfile makes of the binary.
type image struct {
	env                     []string
	entrypoint, cmd, health []string
	port                    string
}

var instruction = regexp.MustCompile(`(?m)^(ENV|EXPOSE|ENTRYPOINT|CMD|HEALTHCHECK .*CMD|FROM|COPY|USER) (.*)$`)

func readImage(t *testing.T) image {
	t.Helper()
	file, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var i image
	for _, found := range instruction.FindAllStringSubmatch(string(file), -1) {
		var list []string
		_ = yaml.Unmarshal([]byte(found[2]), &list) // fails if it is not a list
		switch name := found[1]; {
		case name == "ENV":
			i.env = strings.Fields(found[2])
		case name == "EXPOSE":
			i.port = found[2]
		case name == "ENTRYPOINT":
			i.entrypoint = list
		case name == "CMD":
			i.cmd = list
		case strings.HasPrefix(name, "HEALTHCHECK"):
			i.health = list
		}
	}
	return i
}

// run starts the binary as a container of the image would, but on a free port of the loopback.
func (i image) run(t *testing.T, env map[string]string) *harness.Server {
	t.Helper()
	vars := slices.Clone(i.env)
	for name, value := range env {
		vars = append(vars, name+"="+value)
	}
	if !slices.Contains(vars, "SLOTFARM_LISTEN=0.0.0.0:"+i.port) {
		t.Errorf("the image has %v, and exposes port %s", vars, i.port)
	}
	return harness.StartServer(t, append(vars, "SLOTFARM_LISTEN=127.0.0.1:0"), append(i.entrypoint[1:], i.cmd...)...)
}

// service is a service of a compose file or of a workflow.
type service struct {
	Environment map[string]string `yaml:"environment"`
	Env         map[string]string `yaml:"env"`
	Ports       []string          `yaml:"ports"`
}

// TestRecipeContainers runs what the image, the compose file and the workflow would run.
func TestRecipeContainers(t *testing.T) {
	dir, i := recipes(t), readImage(t)
	var compose struct{ Services map[string]service }
	var workflow struct {
		Jobs map[string]struct{ Services map[string]service }
	}
	for name, into := range map[string]any{"compose/compose.yaml": &compose, "workflow/test.yaml": &workflow} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	inWorkflow := workflow.Jobs["test"].Services["slotfarm"]
	inWorkflow.Environment = inWorkflow.Env
	for name, s := range map[string]service{"compose": compose.Services["slotfarm"], "workflow": inWorkflow} {
		t.Run(name, func(t *testing.T) {
			if len(s.Environment) == 0 || len(s.Ports) != 1 || !strings.HasSuffix(s.Ports[0], ":"+i.port) {
				t.Fatalf("service = %+v, want variables and port %s", s, i.port)
			}
			running := i.run(t, s.Environment)
			health := append(i.health[1:], "--endpoint-url", running.Endpoint)
			if got := harness.RunToEnd(t, health...); got.Code != 0 {
				t.Errorf("the health check answers %+v", got)
			}
		})
	}
}

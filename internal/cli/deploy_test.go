package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/slotfarm/slotfarm/internal/cli"
)

// tree is the root of the module.
const tree = "../../"

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(tree + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// unit returns the settings of the systemd unit by their names.
func unit(t *testing.T) map[string]string {
	t.Helper()
	settings := map[string]string{}
	for line := range strings.Lines(read(t, "deploy/systemd/slotfarm.service")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			settings[name] = strings.TrimSpace(settings[name] + " " + value)
		}
	}
	return settings
}

// nfpm is what the tests read of the settings of the Debian package.
type nfpm struct {
	Contents []struct{ Src, Dst, Type string }
	Scripts  map[string]string
}

func readPackage(t *testing.T) nfpm {
	t.Helper()
	var p nfpm
	if err := yaml.Unmarshal([]byte(read(t, "deploy/nfpm.yaml")), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// installs reports whether the package puts a file at a path.
func (p nfpm) installs(path string) bool {
	return slices.ContainsFunc(p.Contents, func(c struct{ Src, Dst, Type string }) bool { return c.Dst == path })
}

// TestUnitStarts runs what the unit runs, on a state directory that is not there:
// the binary refuses the directory, and not the command line.
func TestUnitStarts(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	command := strings.Fields(strings.ReplaceAll(unit(t)["ExecStart"], "%S", state))
	if !readPackage(t).installs(command[0]) {
		t.Errorf("the package does not install %s", command[0])
	}
	data := filepath.Join(state, "slotfarm")
	status, out, errs := run(command[1:]...)
	if status != 1 || out != "" || !strings.HasPrefix(errs, "slotfarm: data directory: stat "+data) {
		t.Errorf("%v: %d, %q, %q; want it to miss %s", command, status, out, errs, data)
	}
}

// TestUnitGivesTime has systemd wait for longer than a server takes to stop.
func TestUnitGivesTime(t *testing.T) {
	t.Parallel()
	given, err := time.ParseDuration(unit(t)["TimeoutStopSec"] + "s")
	if err != nil || given <= cli.StopTime {
		t.Errorf("TimeoutStopSec is %s (%v); a stop may take %s", given, err, cli.StopTime)
	}
}

// TestUnitKeepsSecrets holds the settings without which others could read secrets.
func TestUnitKeepsSecrets(t *testing.T) {
	t.Parallel()
	settings := unit(t)
	for name, want := range map[string]string{
		"LimitCORE": "0", "UMask": "0077", "StateDirectory": "slotfarm", "StateDirectoryMode": "0700",
		"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "PrivateTmp": "yes",
	} {
		if got, ok := settings[name]; !ok || got != want {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
}

// TestPackage looks for the files of the package, but for those in dist, which
// scripts/package.sh makes and without which it fails.
func TestPackage(t *testing.T) {
	t.Parallel()
	p := readPackage(t)
	for _, c := range p.Contents {
		shell, made := strings.CutPrefix(c.Src, "dist/completion/")
		switch {
		case made:
			if status, out, errs := run("completion", shell); status != 0 || out == "" {
				t.Errorf("completion %s: %d, %s", shell, status, errs)
			}
		case c.Type != "dir" && !strings.HasPrefix(c.Src, "dist/"):
			if info, err := os.Stat(tree + c.Src); err != nil || !info.Mode().IsRegular() {
				t.Errorf("%s: %v", c.Src, err)
			}
		}
	}
	for _, path := range []string{"/usr/lib/systemd/system/slotfarm.service", "/usr/share/doc/slotfarm/copyright"} {
		if !p.installs(path) {
			t.Errorf("the package has no %s", path)
		}
	}
}

// removes finds what would take away data or the user that owns it.
var removes = regexp.MustCompile(`\b(?:rm|rmdir|unlink|find|deluser|userdel)\b`)

// TestPackageScripts holds the scripts of the package: they are scripts, none
// removes anything, and the user and directory that they make are those of the unit.
func TestPackageScripts(t *testing.T) {
	t.Parallel()
	scripts := readPackage(t).Scripts
	for _, when := range []string{"postinstall", "preremove", "postremove"} {
		name := scripts[when]
		if out, err := exec.Command("sh", "-n", tree+name).CombinedOutput(); err != nil {
			t.Errorf("%s %q: %v, %s", when, name, err, out)
		}
		if found := removes.FindString(read(t, name)); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	}
	settings := unit(t)
	made := regexp.MustCompile(`install -d -m (\d+) -o (\w+) -g (\w+) (\S+)`).FindStringSubmatch(read(t, scripts["postinstall"]))
	want := []string{settings["StateDirectoryMode"], settings["User"], settings["Group"], "/var/lib/" + settings["StateDirectory"]}
	if len(made) == 0 || !slices.Equal(made[1:], want) {
		t.Errorf("the package makes %q; the unit uses %q", made, want)
	}
}

// TestDockerfile compares the image with the binary: its variables must be
// those of its command and of serve, with which it is also run, and the
// commands must exist.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	dockerfile := read(t, "Dockerfile")
	line := func(instruction string) string {
		found := regexp.MustCompile(`(?m)^` + instruction + ` (.*)$`).FindStringSubmatch(dockerfile)
		if found == nil {
			t.Fatalf("no %s", instruction)
		}
		return found[1]
	}
	var entry, command, check []string
	for list, text := range map[*[]string]string{&entry: line("ENTRYPOINT"), &command: line("CMD"), &check: line("HEALTHCHECK .*CMD")} {
		if err := json.Unmarshal([]byte(text), list); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if line("COPY") != "bin/slotfarm "+entry[0] || check[0] != entry[0] {
		t.Errorf("COPY %s, ENTRYPOINT %q, HEALTHCHECK %q", line("COPY"), entry, check)
	}
	for _, args := range [][]string{command, check[1:]} {
		status, help, errs := run(append(args, "--help")...)
		if status != 0 || !strings.HasPrefix(help, "Usage: slotfarm "+args[0]) {
			t.Errorf("%q: %d, %s", args, status, errs)
		}
	}
	_, help, _ := run(append(command, "--help")...)
	_, serve, _ := run("serve", "--help")
	for _, setting := range strings.Fields(line("ENV")) {
		name, _, _ := strings.Cut(setting, "=")
		if !strings.Contains(help+serve, "$"+name+")") {
			t.Errorf("%s is no variable of %q, nor of serve", name, command)
		}
	}
}

// TestOperationsVariables looks for each variable that the operator's manual
// names among those of the commands.
func TestOperationsVariables(t *testing.T) {
	t.Parallel()
	_, serve, _ := run("serve", "--help")
	_, ready, _ := run("ready", "--help")
	for _, name := range regexp.MustCompile(`\bSLOTFARM_\w+`).FindAllString(read(t, "docs/operations.md"), -1) {
		if !strings.Contains(serve+ready, "$"+name+")") {
			t.Errorf("docs/operations.md names %s, which no command reads", name)
		}
	}
}

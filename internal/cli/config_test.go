package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write returns the name of a new file with a body.
func write(t *testing.T, name, body string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPrecedence sets the limit in some of the places where it can be set.
func TestPrecedence(t *testing.T) {
	const yaml, json = "max-slots: 3\n", `{"max-slots": 3}`
	for _, tt := range []struct {
		name, file, environment, flag string
		want                          int
	}{
		{name: "default", want: 100},
		{name: "file", file: yaml, want: 3},
		{name: "JSON file", file: json, want: 3},
		{name: "environment", environment: "2", want: 2},
		{name: "environment before file", file: yaml, environment: "2", want: 2},
		{name: "flag", flag: "1", want: 1},
		{name: "flag before file", file: json, flag: "1", want: 1},
		{name: "flag before environment", environment: "2", flag: "1", want: 1},
		{name: "flag before all", file: yaml, environment: "2", flag: "1", want: 1},
		{name: "flag before what is wrong", file: "max-slots: x", environment: "x", flag: "1", want: 1},
		{name: "environment before what is wrong", file: "max-slots: x", environment: "2", want: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			flags := []string{"--listen", "127.0.0.1:0"}
			if tt.file != "" {
				flags = append(flags, "--config", write(t, "config", tt.file))
			}
			if tt.environment != "" {
				t.Setenv("SLOTFARM_MAX_SLOTS", tt.environment)
			}
			if tt.flag != "" {
				flags = append(flags, "--max-slots", tt.flag)
			}
			if got := start(t, nil, flags...).open().MaxSlots[ios]; got != tt.want {
				t.Errorf("maxSlots = %d, want %d", got, tt.want)
			}
		})
	}
}

// TestEnvironmentBeforeFile sets an invalid variable, which must take
// precedence over a valid value in the file.
func TestEnvironmentBeforeFile(t *testing.T) {
	t.Setenv("SLOTFARM_MAX_SLOTS", "x")
	status, _, stderr := run("sandbox", "--listen", "127.0.0.1:0", "--config", write(t, "config.yaml", "max-slots: 3\n"))
	if status != 2 || !strings.Contains(stderr, `SLOTFARM_MAX_SLOTS="x"`) {
		t.Errorf("status %d, %q; want 2 and the name of the variable", status, stderr)
	}
}

// TestEverySettingHasEverySource gives all flags in each way. --allow-remote is
// in listen.txtar.
func TestEverySettingHasEverySource(t *testing.T) {
	settings := map[string]string{
		"listen": "127.0.0.1:0", "data": "data", "time": "2026-01-31T00:00:00Z", "max-slots": "7", "log-level": "debug",
	}
	yaml, members := "# All of them.\n", []string{}
	for flag, value := range settings {
		yaml += flag + ": " + value + "\n"
		if flag != "max-slots" {
			value = `"` + value + `"`
		}
		members = append(members, `"`+flag+`": `+value)
	}
	json := "{" + strings.Join(members, ", ") + "}"

	t.Run("flags", func(t *testing.T) {
		var flags []string
		for flag, value := range settings {
			flags = append(flags, "--"+flag, value)
		}
		checkSettings(t, flags...)
	})
	t.Run("environment", func(t *testing.T) {
		for flag, value := range settings {
			t.Setenv("SLOTFARM_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), value)
		}
		checkSettings(t)
	})
	t.Run("YAML file", func(t *testing.T) { checkSettings(t, "--config", write(t, "config.yaml", yaml)) })
	t.Run("JSON file", func(t *testing.T) { checkSettings(t, "--config", write(t, "config.json", json)) })
	t.Run("file named by the environment", func(t *testing.T) {
		t.Setenv("SLOTFARM_CONFIG", write(t, "config.json", json))
		checkSettings(t)
	})
}

// checkSettings starts a sandbox and compares what it does with the settings of
// TestEverySettingHasEverySource.
func checkSettings(t *testing.T, flags ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	s := start(t, nil, flags...)
	if strings.HasSuffix(s.Endpoint, ":8623") {
		t.Errorf("endpoint = %s, want a free port", s.Endpoint)
	}
	got := s.open()
	if got.Now != "2026-01-31T00:00:00Z" || got.MaxSlots[ios] != 7 {
		t.Errorf("now = %s and maxSlots = %d, want 2026-01-31T00:00:00Z and 7", got.Now, got.MaxSlots[ios])
	}
	if _, err := os.Stat("data/slotfarm.db"); err != nil {
		t.Error(err)
	}
}

// TestEmptyFile has nothing to say.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "# Nothing.\n", "---\n", "{}"} {
		if got := start(t, nil, "--listen", "127.0.0.1:0", "--config", write(t, "config.yaml", body)).open().MaxSlots[ios]; got != 100 {
			t.Errorf("file %q: maxSlots = %d, want 100", body, got)
		}
	}
}

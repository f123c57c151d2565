package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// series is a measurement that is repeated with several values of one flag.
type series struct {
	name   string
	args   []string // of slotfarm bench
	flag   string   // the flag that differs
	values []int
}

// allSeries returns all series. Pages are requested over few connections, so
// that their time does not include waiting for others.
func allSeries() []series {
	return []series{
		{"connections", []string{"--workload=purchases", "--accounts=10000"}, "--connections", []int{1, 4, 16, 64, 256}},
		{"accounts", []string{"--workload=purchases", "--connections=64"}, "--accounts", []int{1, 1000, 10_000, 100_000, 1_000_000}},
		{"history", []string{"--scenario=history", "--accounts=1", "--connections=4"}, "--history", []int{1000, 10_000, 100_000, 1_000_000}},
	}
}

// result holds the measurements of one series on one engine.
type result struct {
	Engine string     `json:"engine"`
	Args   []string   `json:"args"` // of slotfarm bench, the same for all
	Flag   string     `json:"flag"` // the flag that differs
	Runs   []oneValue `json:"runs"`
}

// oneValue is the output of slotfarm bench for one value of the flag.
type oneValue struct {
	Value  int             `json:"value"`
	Report json.RawMessage `json:"report"`
}

// engine is an engine to measure. Its storage function calls use with the
// arguments of slotfarm bench that name empty storage.
type engine struct {
	name    string
	storage func(ctx context.Context, use func(args ...string) error) error
}

func (s settings) engines() []engine {
	engines := []engine{{"SQLite", func(_ context.Context, use func(...string) error) error {
		return use("--data=" + s.data)
	}}}
	if s.database != "" {
		engines = append(engines, engine{"PostgreSQL", func(ctx context.Context, use func(...string) error) error {
			return withDatabase(ctx, s.database, func(url string) error { return use("--database-url=" + url) })
		}})
	}
	return engines
}

// measure measures every series on every engine and keeps the results.
func (s settings) measure(ctx context.Context) error {
	for _, e := range s.engines() {
		for _, line := range allSeries() {
			r, err := s.measureSeries(ctx, e, line)
			if err == nil {
				err = keep(filepath.Join(s.out, line.name+"-"+strings.ToLower(e.name)+".json"), r)
			}
			if err != nil {
				return fmt.Errorf("%s of %s: %w", line.name, e.name, err)
			}
		}
	}
	return nil
}

func (s settings) measureSeries(ctx context.Context, e engine, line series) (result, error) {
	args := append(line.args, fmt.Sprint("--duration=", s.duration), fmt.Sprint("--rounds=", s.rounds))
	r := result{Engine: e.name, Args: args, Flag: line.flag}
	for _, value := range line.values {
		if value > s.largest {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: slotfarm bench %s %s=%d\n", e.name, strings.Join(args, " "), line.flag, value)
		err := e.storage(ctx, func(where ...string) error {
			report, err := s.bench(ctx, append(append(where, args...), line.flag+"="+strconv.Itoa(value)))
			r.Runs = append(r.Runs, oneValue{value, report})
			return err
		})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// bench runs slotfarm bench without settings from the environment, and returns
// its report.
func (s settings) bench(ctx context.Context, args []string) ([]byte, error) {
	command := exec.CommandContext(ctx, s.slotfarm, append([]string{"bench", "--output=json"}, args...)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // so that it can stop its server
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "SLOTFARM_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Stderr = os.Stderr
	return command.Output()
}

// keep writes a result as a file.
func keep(file string, r result) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

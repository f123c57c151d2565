package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configFile is the --config flag: the name of a file whose keys are flags.
type configFile string

// BeforeResolve reads the file and uses its values for flags that neither the
// command line nor the environment sets. Kong calls it.
func (c configFile) BeforeResolve(app *kong.Kong, ctx *kong.Context) error {
	name := string(ctx.FlagValue(flagOf(ctx, "config")).(configFile))
	if name == "" {
		return nil
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("config file: %w", err)
	}
	values, err := parseConfig(body)
	if err == nil {
		err = checkKeys(app, values)
	}
	if err != nil {
		return fmt.Errorf("config file %s: %w", name, err)
	}
	ctx.AddResolver(resolver(name, values))
	return nil
}

func flagOf(ctx *kong.Context, name string) *kong.Flag {
	for _, flag := range ctx.Flags() {
		if flag.Name == name {
			return flag
		}
	}
	return nil
}

// parseConfig returns the values of a YAML or JSON file by key, each as it is
// written there, so that a time or a number means the same as on the command
// line. An empty file has no values.
func parseConfig(body []byte) (map[string]yaml.Node, error) {
	var values map[string]yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, readable(err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("more text follows the flags")
	}
	return values, nil
}

// wrongShape matches the YAML library's error about a file that is a list or a
// text.
var wrongShape = regexp.MustCompile(`cannot unmarshal .* into map`)

// readable returns an error of the YAML library without its implementation
// details.
func readable(err error) error {
	var failed *yaml.TypeError
	switch {
	case !errors.As(err, &failed):
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	case wrongShape.MatchString(failed.Errors[0]):
		return errors.New("it must hold flags and their values, such as listen: 127.0.0.1:8623")
	}
	return errors.New(failed.Errors[0])
}

// isSetting reports whether a flag may come from the environment or a file. A
// flag that describes a single call, marked with env:"-", may not.
func isSetting(flag *kong.Flag) bool { return len(flag.Envs) > 0 && flag.Name != "config" }

// checkKeys refuses keys that are not a setting of any command, and values that
// are not scalars.
func checkKeys(app *kong.Kong, values map[string]yaml.Node) error {
	known := map[string]bool{}
	nodes := append([]*kong.Node{app.Model.Node}, app.Model.Leaves(false)...)
	for _, node := range nodes {
		for _, flag := range node.Flags {
			known[flag.Name] = known[flag.Name] || isSetting(flag)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value := values[key]
		if !known[key] {
			return fmt.Errorf("line %d: %q is not a flag", value.Line, key)
		}
		if value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null" {
			return fmt.Errorf("line %d: the value of %q must be text, a number, true or false", value.Line, key)
		}
	}
	return nil
}

// resolver gives values to flags that the environment does not set.
func resolver(file string, values map[string]yaml.Node) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		value, ok := values[flag.Name]
		if !ok || !isSetting(flag) || inEnvironment(flag) {
			return nil, nil
		}
		if err := decodes(flag, value.Value); err != nil {
			return nil, fmt.Errorf("%w (from config file %s, line %d)", err, file, value.Line)
		}
		return value.Value, nil
	}
}

// decodes returns nil if text is a valid value of the flag.
func decodes(flag *kong.Flag, text string) error {
	scan := kong.Scan().PushTyped(text, kong.FlagValueToken)
	into := reflect.New(flag.Target.Type()).Elem()
	return flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, into)
}

// deferred resolves nothing. If there is a resolver, kong reports an unreadable
// environment variable only if no flag on the command line overrides it.
var deferred = kong.ResolverFunc(func(*kong.Context, *kong.Path, *kong.Flag) (any, error) { return nil, nil })

func inEnvironment(flag *kong.Flag) bool {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return true
		}
	}
	return false
}

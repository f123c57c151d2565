package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configFile is the --config flag: the name of a file whose keys are flags.
type configFile string

// BeforeResolve reads the file and has its values stand in for flags that
// neither the command line nor the environment sets. Kong calls it.
func (c configFile) BeforeResolve(app *kong.Kong, ctx *kong.Context) error {
	name := string(ctx.FlagValue(flagOf(ctx, "config")).(configFile))
	if name == "" {
		return nil
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	values := map[string]any{}
	if err := yaml.Unmarshal(body, &values); err != nil {
		return fmt.Errorf("config file %s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := checkKeys(app, values); err != nil {
		return fmt.Errorf("config file %s: %w", name, err)
	}
	ctx.AddResolver(resolver(values))
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

// checkKeys refuses keys that are no flag of any command, and values that are
// not plain.
func checkKeys(app *kong.Kong, values map[string]any) error {
	known := map[string]bool{}
	nodes := append([]*kong.Node{app.Model.Node}, app.Model.Leaves(false)...)
	for _, node := range nodes {
		for _, flag := range node.Flags {
			known[flag.Name] = true
		}
	}
	for key, value := range values {
		if !known[key] || key == "help" || key == "config" {
			return fmt.Errorf("%q is not a flag", key)
		}
		switch value.(type) {
		case string, bool, int, float64:
		default:
			return fmt.Errorf("the value of %q must be a text, a number or a truth value", key)
		}
	}
	return nil
}

// resolver gives values to flags that the environment does not set.
func resolver(values map[string]any) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		value, ok := values[flag.Name]
		if !ok || inEnvironment(flag) {
			return nil, nil
		}
		return fmt.Sprint(value), nil
	}
}

func inEnvironment(flag *kong.Flag) bool {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return true
		}
	}
	return false
}

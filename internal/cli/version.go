package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
)

// version and commit are set by the linker (Makefile, target build).
var version, commit = "dev", "unknown"

// versionCommand prints the version of this binary.
type versionCommand struct {
	JSON bool `name:"json" help:"Print a JSON object."`
}

// Run prints the version.
func (c *versionCommand) Run(streams IO) error {
	if !c.JSON {
		_, err := fmt.Fprintf(streams.Out, "slotfarm %s (commit %s, %s)\n", version, commit, runtime.Version())
		return err
	}
	return json.NewEncoder(streams.Out).Encode(struct {
		Version string `json:"version"`
		Commit  string `json:"commit"`
		Go      string `json:"go"`
	}{version, commit, runtime.Version()})
}

package cli

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/offline"
)

// initCommand prepares storage for serve.
type initCommand struct {
	storage
}

// Help returns the text of --help below the usage line.
func (initCommand) Help() string {
	return `The key is printed once, as JSON. If the storage was initialised before, the command fails and changes nothing.`
}

// Run makes the directory, the master key and the operator's key.
func (c *initCommand) Run(ctx context.Context, streams IO) error {
	if err := c.check(); err != nil {
		return err
	}
	made, err := offline.Init(ctx, c.offline())
	if err != nil {
		return err
	}
	return showKey(streams, made)
}

// showKey prints an operator's key. This is the only time that its secret is
// shown.
func showKey(streams IO, made access.Credentials) error {
	return json.NewEncoder(streams.Out).Encode(struct {
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string `json:"secretAccessKey"`
		Account         string `json:"account"`
	}{made.Key.ID, made.Secret, made.Key.Account})
}

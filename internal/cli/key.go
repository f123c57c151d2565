package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// keyCommand holds the commands on access keys.
type keyCommand struct {
	Create  keyCreateCommand  `cmd:"" help:"Make a key for an account, and print its secret. The secret is shown only once."`
	List    keyListCommand    `cmd:"" help:"Print the keys of an account, oldest first."`
	Disable keyDisableCommand `cmd:"" help:"Disable a key, so that nobody can use it."`
	Enable  keyEnableCommand  `cmd:"" help:"Enable a disabled key again."`
	Delete  keyDeleteCommand  `cmd:"" help:"Delete a key permanently."`
}

// keyCreateCommand makes a key.
type keyCreateCommand struct {
	onAccount
	Name   string `required:"" env:"-" placeholder:"NAME" help:"The name of the key."`
	Policy policy `env:"-" placeholder:"POLICY" help:"What the key may do: read-only, buyer=N for orders of at most N slots, operator, or a file with an IAM policy. By default, all of the Device Farm API."`
}

// Run makes the key and prints it with its secret.
func (c *keyCreateCommand) Run(ctx context.Context, streams IO) error {
	body, err := c.Policy.body()
	if err != nil {
		return err
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		k, err := api.CreateKey(ctx, string(c.Account), c.Name, body)
		p.table([]string{"KEY", "SECRET", "NAME"}, [][]string{{k.ID, k.Secret, k.Name}})
		return err
	})
}

// policy is the name of a ready-made policy or of a file; "" if the flag is not
// given.
type policy string

// UnmarshalText accepts any name.
func (p *policy) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New(`"" is not a policy; it must be read-only, buyer=N, operator or the name of a file`)
	}
	*p = policy(text)
	return nil
}

// body returns the policy in the form that the API accepts, or nil if none is
// given.
func (p policy) body() (json.RawMessage, error) {
	name, number, given := strings.Cut(string(p), "=")
	switch {
	case name == "":
		return nil, nil
	case p == "read-only":
		return iam.ReadOnly(), nil
	case p == "operator":
		return iam.Operator(), nil
	case given && (name == "read-only" || name == "operator"):
		return nil, usageError{fmt.Errorf("--policy %q must not have a value: it is just %s", string(p), name)}
	case name == "buyer":
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > account.MaxQuantity {
			return nil, usageError{fmt.Errorf("--policy %q needs a number of slots, such as buyer=5", string(p))}
		}
		return iam.Buyer(n), nil
	}
	body, err := os.ReadFile(string(p))
	if err == nil && !json.Valid(body) {
		err = fmt.Errorf("%s is not JSON", string(p))
	}
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return body, nil
}

// keyListCommand prints keys.
type keyListCommand struct {
	onAccount
}

// Run prints a line for each key.
func (c *keyListCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		keys, err := api.Keys(ctx, string(c.Account))
		p.keys(keys...)
		return err
	})
}

// keys adds keys to the text.
func (p *page) keys(all ...operatorapi.Key) {
	var rows [][]string
	for _, k := range all {
		state := "enabled"
		if k.Disabled {
			state = "disabled"
		}
		rows = append(rows, []string{k.ID, k.Name, state, showTime(k.Created)})
	}
	p.table([]string{"KEY", "NAME", "STATE", "CREATED"}, rows)
}

// onKey holds the flags of a command about one key.
type onKey struct {
	onAccount
	Key string `arg:"" env:"-" help:"The id of the key."`
}

func (c *onKey) disable(ctx context.Context, streams IO, disabled bool) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		k, err := api.DisableKey(ctx, string(c.Account), c.Key, disabled)
		p.keys(k)
		return err
	})
}

type keyDisableCommand struct{ onKey }

// Run disables the key.
func (c *keyDisableCommand) Run(ctx context.Context, streams IO) error {
	return c.disable(ctx, streams, true)
}

type keyEnableCommand struct{ onKey }

// Run enables the key.
func (c *keyEnableCommand) Run(ctx context.Context, streams IO) error {
	return c.disable(ctx, streams, false)
}

type keyDeleteCommand struct{ onKey }

// Run removes the key.
func (c *keyDeleteCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, _ *page) error {
		return api.DeleteKey(ctx, string(c.Account), c.Key)
	})
}

package cli

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// queueCommand prints what waits.
type queueCommand struct {
	query
	Account accountID `placeholder:"ID" help:"Print what waits of this account. By default, print what waits of all accounts."`
}

// Help is what --help says of the command beside its flags.
func (queueCommand) Help() string {
	return `PENDING_CONCURRENCY is a session without a slot, and PENDING_DEVICE one with a slot and without a device. The place counts the sessions of the account that wait for the same kind of slot.`
}

// Run prints a line for each session. The pages of the answer are made one.
func (c *queueCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		raw := []json.RawMessage{}
		var rows [][]string
		for q, more := (operatorapi.QueueQuery{Account: string(c.Account)}), true; more; more = q.After != "" {
			answer, err := api.Queue(ctx, q)
			if err != nil {
				return err
			}
			var body struct{ Waiting []json.RawMessage }
			if err := json.Unmarshal(p.answer, &body); err != nil {
				return err
			}
			raw, q.After = append(raw, body.Waiting...), answer.Next
			for _, w := range answer.Waiting {
				rows = append(rows, waitingRow(w))
			}
		}
		p.table([]string{"SESSION", "ACCOUNT", "KIND", "PLATFORM", "BILLING", "PLACE", "SINCE", "REASON", "MESSAGE"}, rows)
		return p.whole("waiting", raw)
	})
}

func waitingRow(w operatorapi.Waiting) []string {
	return []string{w.Session, w.Account, w.Kind, w.Platform, w.BillingMethod, strconv.Itoa(w.Place), showSecond(w.Since), w.Reason, w.Message}
}

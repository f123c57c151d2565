package cli

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// documentCommand holds the commands on documents.
type documentCommand struct {
	Accept documentAcceptCommand `cmd:"" help:"Accept a document that verify names, as it is or as missing."`
}

// documentAcceptCommand takes a document as it is.
type documentAcceptCommand struct {
	query
	Document string `arg:"" help:"The document, as verify names it."`
	Reason   string `required:"" env:"-" placeholder:"TEXT" help:"The reason. The operator's journal shows it."`
}

// Help returns the text of --help below the usage line.
func (documentAcceptCommand) Help() string {
	return `If verify names a document, find out who changed it. Delete a key that was changed, and make another. Use this command if a document cannot be brought back and you do not want to restore a backup. From then on, verify takes the document for right as it is now.`
}

// Run accepts the document and says so; as JSON there is nothing to print.
func (c *documentAcceptCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		p.say("%s is accepted.", c.Document)
		return api.AcceptDocument(ctx, operatorapi.Acceptance{Document: c.Document, Reason: c.Reason})
	})
}

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// sessionCommand holds the commands on sessions.
type sessionCommand struct {
	List  sessionListCommand  `cmd:"" help:"Print the sessions that hold a device, or others."`
	Show  sessionShowCommand  `cmd:"" help:"Print a session, and why it waits or how it ended."`
	End   sessionEndCommand   `cmd:"" help:"End a session, or take one that waits out of the queue."`
	Audit sessionAuditCommand `cmd:"" help:"Check that what sessions hold, what is counted and what is booked agree."`
}

// sessionListCommand prints sessions.
type sessionListCommand struct {
	query
	Account accountID `placeholder:"ID" help:"Print the sessions of this account. By default, print those of all accounts."`
	State   string    `env:"-" default:"live" enum:"live,ended,all" placeholder:"STATE" help:"Print the sessions that are live, those that have ended, or all."`
	Limit   int       `env:"-" default:"100" placeholder:"N" help:"How many sessions to print at most."`
}

// Help is what --help says of the command beside its flags.
func (sessionListCommand) Help() string {
	return `Live sessions are in the order of their accounts and ids. Others are in the order of their accounts, kinds and projects, and within these the newest is first.`
}

// Run prints a line for each session. The pages of the answer are made one.
func (c *sessionListCommand) Run(ctx context.Context, streams IO) error {
	if c.Limit < 1 {
		return usageError{fmt.Errorf("--limit %d is out of range; it must be at least 1", c.Limit)}
	}
	q := operatorapi.SessionsQuery{Account: string(c.Account), State: c.State}
	if c.State == "all" {
		q.State = ""
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		raw := []json.RawMessage{}
		var rows [][]string
		for more := true; more && len(raw) < c.Limit; more = q.After != "" {
			q.Limit = new(int64(min(c.Limit-len(raw), operatorapi.MaxPage)))
			answer, err := api.Sessions(ctx, q)
			if err != nil {
				return err
			}
			var body struct{ Sessions []json.RawMessage }
			if err := json.Unmarshal(p.answer, &body); err != nil {
				return err
			}
			raw, q.After = append(raw, body.Sessions...), answer.Next
			for _, s := range answer.Sessions {
				rows = append(rows, sessionRow(s))
			}
		}
		p.table(sessionHeader(), rows)
		if q.After != "" {
			p.say("There may be more; --limit says how many to print.")
		}
		return p.whole("sessions", raw)
	})
}

func sessionHeader() []string {
	return []string{"SESSION", "ACCOUNT", "KIND", "STATE", "DEVICE", "UDID", "BEGAN", "ENDED", "BILLING", "MINUTES"}
}

func sessionRow(s operatorapi.Session) []string {
	return []string{
		s.Session, s.Account, s.Kind, s.State, s.Device, s.UDID, showOptional(s.Began), showOptional(s.Ended), s.BillingMethod, string(s.Minutes),
	}
}

// showOptional shows a time, nothing for nil.
func showOptional(t *time.Time) string {
	if t == nil {
		return ""
	}
	return showSecond(*t)
}

// showSecond shows a time of the lab, whose fractions of a second say nothing.
func showSecond(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// onSession holds the flags of a command about one session.
type onSession struct {
	query
	Session string    `arg:"" help:"The id of the session."`
	Account accountID `placeholder:"ID" help:"The account whose session it has to be. A key of an account other than the operator's needs it."`
}

// session adds a session to the text.
func (p *page) session(s operatorapi.Session) {
	p.table(sessionHeader(), [][]string{sessionRow(s)})
	if s.Message != "" {
		p.say("%s", s.Message)
	}
	p.say("")
	entry := ""
	if s.Entry > 0 {
		entry = strconv.FormatInt(s.Entry, 10)
	}
	p.table([]string{"CREATED", "READY", "FENCE", "OUTCOME", "ENTRY", "PROJECT"}, [][]string{{
		showSecond(s.Created), showOptional(s.Ready), strconv.FormatInt(s.Fence, 10), s.Outcome, entry, s.Project,
	}})
}

type sessionShowCommand struct{ onSession }

// Run prints the session.
func (c *sessionShowCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		s, err := api.Session(ctx, c.Session, string(c.Account))
		p.session(s)
		return err
	})
}

// sessionEndCommand ends a session.
type sessionEndCommand struct {
	onSession
	Reason string `required:"" env:"-" placeholder:"TEXT" help:"The reason, in one line. The owner of the session sees it."`
}

// Help is what --help says of the command beside its flags.
func (sessionEndCommand) Help() string {
	return `The session at the WebDriver or Appium server is ended first. Its minutes until then are charged as those of any session. A session that has ended stays as it is.`
}

// Run ends the session and prints it.
func (c *sessionEndCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		s, err := api.EndSession(ctx, c.Session, string(c.Account), c.Reason)
		p.session(s)
		return err
	})
}

// sessionAuditCommand audits the leases.
type sessionAuditCommand struct {
	query
}

// Help is what --help says of the command beside its flags.
func (sessionAuditCommand) Help() string {
	return `The command prints what does not agree, and the exit status is 1 then. A difference counts only if it is there each time that the server looks.`
}

// Run prints what is wrong, and fails if something is.
func (c *sessionAuditCommand) Run(ctx context.Context, streams IO) error {
	var audit operatorapi.LabAudit
	err := c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) (err error) {
		audit, err = api.AuditLab(ctx)
		for _, finding := range audit.Wrong {
			p.say("%s", finding)
		}
		if audit.OK {
			p.say("Nothing is wrong.")
		}
		return err
	})
	if err == nil && !audit.OK {
		err = fmt.Errorf("%d findings: the lab's documents do not agree", len(audit.Wrong))
	}
	return err
}

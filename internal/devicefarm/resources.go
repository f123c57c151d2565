package devicefarm

import (
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// arnInput is the input of operations on one resource.
type arnInput struct {
	ARN *string `json:"arn"`
}

func (in arnInput) resource() *string { return in.ARN }

// nothing is the output of operations that answer nothing.
type nothing struct{}

// who returns the account that calls.
func who(call *web.Request) account.ID { return account.ID(call.Identity.Account) }

// target returns the ARN that a required member of the input holds, once the whole
// input is within the bounds of the API model. It must be of a kind.
func (in arnInput) target(call *web.Request, kind arn.Kind) (arn.ARN, error) {
	if err := bounded(call); err != nil {
		return arn.ARN{}, err
	}
	return parsed("arn", *in.ARN, kind)
}

// parsed returns the ARN that a member holds.
func parsed(member, text string, kind arn.Kind) (arn.ARN, error) {
	of, err := arn.Parse(text, kind)
	if err != nil {
		return of, fault.New(fault.Argument, "%s %s", member, fault.MessageOf(err))
	}
	return of, nil
}

// text returns a text that may be missing.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// set puts a value in the place of an old one unless it is missing.
func set[T any](old *T, value *T) {
	if value != nil {
		*old = *value
	}
}

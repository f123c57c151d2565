package injection

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// maxDelay is the longest delay of a call.
const maxDelay = 5 * time.Minute

// The range of statuses that a rule may answer: those of errors.
const minStatus, maxStatus = 400, 599

// Rule says which calls to break, and how. A member that is not given is nil.
type Rule struct {
	Operation        *string  // default: every operation
	Account          *string  // default: every account
	Error            *string  // the exception to answer
	Message          *string  // of the exception
	Status           *int     // of the exception, or alone
	Delay            *string  // before anything else
	DropBeforeCommit bool     // neither run the operation nor answer
	DropAfterCommit  bool     // run the operation, do not answer
	Times            *int     // how many times at most
	Probability      *float64 // of each call; default: 1
}

// rule is a Rule in force.
type rule struct {
	Count
	delay  time.Duration
	effect error // the answer; nil for a delay alone
}

func (r rule) spent() bool { return r.Times != nil && r.Fired >= *r.Times }

func (r rule) isFor(call *web.Request) bool {
	return (r.Operation == nil || *r.Operation == call.Operation) && (r.Account == nil || *r.Account == call.Identity.Account)
}

// hits draws a random number if the probability of the rule is below 1.
func (r rule) hits(draw *rand.Rand) bool {
	return r.Probability == nil || *r.Probability == 1 || draw.Float64() < *r.Probability
}

// compileAll checks the rules of a request.
func (a API) compileAll(rules []Rule) ([]rule, error) {
	if len(rules) > maxRules {
		return nil, fault.New(fault.LimitExceeded, "there are %d rules; there may be %d", len(rules), maxRules)
	}
	compiled := make([]rule, 0, len(rules))
	for i, r := range rules {
		c, err := a.compile(fmt.Sprintf("rules[%d]", i), r)
		if err != nil {
			return nil, err
		}
		compiled = append(compiled, c)
	}
	return compiled, nil
}

// compile checks the rule at a place in the request.
func (a API) compile(at string, r Rule) (rule, error) {
	out := rule{Count: Count{Rule: r}}
	if err := a.checkMatch(at, r); err != nil {
		return out, err
	}
	if err := checkChance(at, r); err != nil {
		return out, err
	}
	if err := checkEffects(at, r); err != nil {
		return out, err
	}
	var err error
	if out.delay, err = parseDelay(at, r); err != nil {
		return out, err
	}
	out.effect, err = a.effect(at, r)
	return out, err
}

func (a API) checkMatch(at string, r Rule) error {
	if r.Operation != nil && !a.HasOperation(*r.Operation) {
		return fault.New(fault.Argument, "%s.operation %s is unknown; it must be an operation of Device Farm, such as \"PurchaseOffering\"", at, fault.Quote(*r.Operation))
	}
	if r.Account != nil {
		if _, err := account.ParseID(*r.Account); err != nil {
			return fault.New(fault.Argument, "%s.%s", at, fault.MessageOf(err))
		}
	}
	return nil
}

func checkChance(at string, r Rule) error {
	if r.Times != nil && *r.Times < 1 {
		return fault.New(fault.Argument, "%s.times %d is out of range; it must be at least 1", at, *r.Times)
	}
	if p := r.Probability; p != nil && (*p <= 0 || *p > 1) {
		return fault.New(fault.Argument, "%s.probability %g is out of range; it must be above 0 and at most 1", at, *p)
	}
	return nil
}

// checkEffects refuses a rule unless it has one effect, or a delay alone.
func checkEffects(at string, r Rule) error {
	var effects []string
	switch {
	case r.Error != nil:
		effects = append(effects, "error")
	case r.Status != nil:
		effects = append(effects, "status")
	}
	if r.DropBeforeCommit {
		effects = append(effects, "dropBeforeCommit")
	}
	if r.DropAfterCommit {
		effects = append(effects, "dropAfterCommit")
	}
	switch {
	case len(effects) > 1:
		return fault.New(fault.Argument, "%s has the effects %s; it may have one of them", at, strings.Join(effects, " and "))
	case len(effects) == 0 && r.Delay == nil:
		return fault.New(fault.Argument, "%s has no effect; give it error, status, dropBeforeCommit, dropAfterCommit or delay", at)
	case r.Message != nil && r.Error == nil:
		return fault.New(fault.Argument, "%s.message is given without error, and only an error has a message", at)
	}
	return nil
}

func parseDelay(at string, r Rule) (time.Duration, error) {
	if r.Delay == nil {
		return 0, nil
	}
	delay, err := time.ParseDuration(*r.Delay)
	if err != nil || delay <= 0 || delay > maxDelay {
		return 0, fault.New(fault.Argument, "%s.delay %s is not a duration above 0 and at most 5m, such as \"2s\"", at, fault.Quote(*r.Delay))
	}
	return delay, nil
}

// effect returns the rule's answer to a call, or nil if the call answers
// itself.
func (a API) effect(at string, r Rule) (error, error) {
	if r.Status != nil && (*r.Status < minStatus || *r.Status > maxStatus) {
		return nil, fault.New(fault.Argument, "%s.status %d is out of range; it must be from %d to %d", at, *r.Status, minStatus, maxStatus)
	}
	if r.DropBeforeCommit || r.DropAfterCommit {
		return web.ErrDropped, nil
	}
	answer := &awsjson.Verbatim{Message: madeUp}
	if r.Error != nil {
		i := slices.IndexFunc(a.Exceptions, func(e awsjson.Exception) bool { return e.Name == *r.Error })
		if i < 0 {
			return nil, fault.New(fault.Argument, "%s.error %s is unknown; it must be one of %s", at, fault.Quote(*r.Error), a.names())
		}
		answer.Exception = a.Exceptions[i]
	}
	if r.Message != nil {
		answer.Message = *r.Message
	}
	if r.Status != nil {
		answer.Status = *r.Status
	}
	if answer.Status == 0 {
		return nil, nil
	}
	return answer, nil
}

// madeUp is the message of an exception for which a rule gives none.
const madeUp = "This error comes from a fault that was set on purpose."

// names lists the exceptions in alphabetical order.
func (a API) names() string {
	var names []string
	for _, e := range a.Exceptions {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

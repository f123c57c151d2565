package devicefarm

import (
	"context"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/web"
)

type getOfferingStatusOutput struct {
	Current    map[string]offeringStatus `json:"current"`
	NextPeriod map[string]offeringStatus `json:"nextPeriod"`
}

// getOfferingStatus shows what is held now and what the next period starts
// with. The answer is always one page, because botocore's paginator loses a
// second one.
func (a api) getOfferingStatus(ctx context.Context, call *web.Request, in listInput) (getOfferingStatusOutput, error) {
	out := getOfferingStatusOutput{map[string]offeringStatus{}, map[string]offeringStatus{}}
	view, err := a.reader(ctx, call)
	if err != nil {
		return out, err
	}
	if in.NextToken != nil {
		return out, foreignToken(call, *in.NextToken)
	}
	next := awsjson.Timestamp{Time: offering.PeriodOf(view.Now).Next().Start()}
	for _, h := range view.State.Holdings {
		shape := embedded(view.Terms.Catalog, h.OfferingID)
		if h.Current > 0 {
			out.Current[h.OfferingID] = offeringStatus{Offering: shape, Quantity: h.Current}
		}
		out.NextPeriod[h.OfferingID] = offeringStatus{Offering: shape, Quantity: h.Upcoming(), EffectiveOn: &next}
	}
	return out, nil
}

type listOfferingTransactionsOutput struct {
	OfferingTransactions []offeringTransaction `json:"offeringTransactions"`
	NextToken            string                `json:"nextToken,omitempty"`
}

// listOfferingTransactions shows every transaction, newest first.
func (a api) listOfferingTransactions(ctx context.Context, call *web.Request, in listInput) (listOfferingTransactionsOutput, error) {
	out := listOfferingTransactionsOutput{OfferingTransactions: []offeringTransaction{}}
	view, err := a.reader(ctx, call)
	if err != nil {
		return out, err
	}
	from, err := place(call, in.NextToken)
	if err != nil {
		return out, err
	}
	page, next, err := a.orders.Transactions(ctx, caller(call), from, pageSize)
	for _, t := range page {
		out.OfferingTransactions = append(out.OfferingTransactions, transaction(view.Terms.Catalog, t))
	}
	if next != (billing.Cursor{}) {
		out.NextToken = token(call, next)
	}
	return out, err
}

type accountSettings struct {
	AWSAccountNumber             string                    `json:"awsAccountNumber"`
	UnmeteredDevices             map[offering.Platform]int `json:"unmeteredDevices"`
	UnmeteredRemoteAccessDevices map[offering.Platform]int `json:"unmeteredRemoteAccessDevices"`
	MaxJobTimeoutMinutes         int                       `json:"maxJobTimeoutMinutes"`
	TrialMinutes                 trialMinutes              `json:"trialMinutes"`
	MaxSlots                     map[string]int            `json:"maxSlots"`
	DefaultJobTimeoutMinutes     int                       `json:"defaultJobTimeoutMinutes"`
	SkipAppResign                bool                      `json:"skipAppResign"`
}

type trialMinutes struct {
	Total     awsjson.Decimal `json:"total"`
	Remaining awsjson.Decimal `json:"remaining"`
}

type getAccountSettingsOutput struct {
	AccountSettings accountSettings `json:"accountSettings"`
}

// jobTimeoutMinutes is AWS's figure: a job may run 150 minutes.
const jobTimeoutMinutes = 150

// getAccountSettings shows the account's slots by platform and its limits. An
// account that is not eligible for offerings can read them too.
func (a api) getAccountSettings(ctx context.Context, call *web.Request, _ struct{}) (getAccountSettingsOutput, error) {
	view, err := a.view(ctx, call)
	if err != nil {
		return getAccountSettingsOutput{}, err
	}
	return getAccountSettingsOutput{accountSettings{
		AWSAccountNumber:             call.Identity.Account,
		UnmeteredDevices:             slots(view, false),
		UnmeteredRemoteAccessDevices: slots(view, true),
		MaxJobTimeoutMinutes:         jobTimeoutMinutes,
		TrialMinutes:                 trialOf(view),
		MaxSlots:                     maxSlots(view),
		DefaultJobTimeoutMinutes:     jobTimeoutMinutes,
	}}, nil
}

// trialOf returns how many minutes of metered testing an account has to try, and
// how many of them are left.
func trialOf(view billing.View) trialMinutes {
	return trialMinutes{
		Total:     awsjson.Decimal(strconv.Itoa(view.Terms.Catalog.Metering.TrialMinutes) + ".0"),
		Remaining: awsjson.Decimal(view.State.TrialLeft(view.Terms).Decimal()),
	}
}

// slots counts what is held by platform, for remote access or automated tests.
// Both platforms are always present, because clients read them without a check.
func slots(view billing.View, remote bool) map[offering.Platform]int {
	count := map[offering.Platform]int{offering.Android: 0, offering.IOS: 0}
	for _, h := range view.State.Holdings {
		if o, ok := view.Terms.Catalog.Offering(h.OfferingID); ok && o.RemoteAccess == remote {
			count[o.Platform] += h.Current
		}
	}
	return count
}

func maxSlots(view billing.View) map[string]int {
	limits := map[string]int{}
	for _, o := range view.Terms.Catalog.Offerings {
		limits[o.ID] = view.State.MaxSlots(o.ID, view.Terms)
	}
	return limits
}

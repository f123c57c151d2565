package slotfarmtest

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// region is the region that the SDK signs for; the sandbox ignores it.
const region = "us-west-2"

// maxBackoff is how long the SDK waits at most before it tries again. Tests
// with faults should not wait for seconds, as they would with the SDK's
// default.
const maxBackoff = 20 * time.Millisecond

// Account is a customer of the sandbox, opened on first use.
type Account struct {
	t      TB
	server *Server
	id     string
}

// ID returns the account's twelve digits.
func (a *Account) ID() string { return a.id }

// Config returns a configuration for clients of the AWS SDK for Go v2, such as
// devicefarm.NewFromConfig, that act for the account.
func (a *Account) Config() aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(a.server.endpoint),
		Credentials:  aws.CredentialsProviderFunc(a.credentials),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = maxBackoff })
		},
	}
}

// credentials returns the account's id, and a secret that nobody checks.
func (a *Account) credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: a.id, SecretAccessKey: "any"}, nil
}

// Settings change an account. Zero fields leave a setting unchanged.
type Settings struct {
	Status   string         // ACTIVE, INELIGIBLE or SUSPENDED
	MaxSlots map[string]int // by offering id
}

// Set changes the account's settings.
func (a *Account) Set(s Settings) {
	a.t.Helper()
	settings := operatorapi.Settings{MaxSlots: s.MaxSlots}
	if s.Status != "" {
		settings.Status = &s.Status
	}
	_, err := a.server.client.PutAccount(context.Background(), a.id, settings)
	check(a.t, err)
}

// Transaction is a line of the account's transaction list.
type Transaction struct {
	ID          string
	Type        string // PURCHASE, RENEW or SYSTEM
	OfferingID  string
	Quantity    int
	CreatedOn   time.Time
	EffectiveOn time.Time
	Cents       int64 // hundredths of a US dollar
}

// Freeze stops the account's clock at an instant and returns what came due on
// the way, oldest first. Once the account has a transaction, its clock cannot
// go back, except by restoring a Snapshot.
func (a *Account) Freeze(at time.Time) []Transaction {
	a.t.Helper()
	return a.due(a.server.client.Freeze(context.Background(), a.id, at))
}

// AdvanceTo moves the clock forward to an instant, stops it there, and returns
// what came due, oldest first.
func (a *Account) AdvanceTo(at time.Time) []Transaction {
	a.t.Helper()
	return a.due(a.server.client.Advance(context.Background(), a.id, operatorapi.AdvanceTo(at)))
}

// AdvanceBy is AdvanceTo for a duration from now.
func (a *Account) AdvanceBy(d time.Duration) []Transaction {
	a.t.Helper()
	return a.due(a.server.client.Advance(context.Background(), a.id, operatorapi.AdvanceBy(d)))
}

// AdvancePeriods is AdvanceTo for the same day and time of day n months later,
// or the last day of that month if it is shorter.
func (a *Account) AdvancePeriods(n int) []Transaction {
	a.t.Helper()
	return a.due(a.server.client.Advance(context.Background(), a.id, operatorapi.AdvancePeriods(n)))
}

// Release lets the clock follow the wall clock again and returns what came due,
// oldest first.
func (a *Account) Release() []Transaction {
	a.t.Helper()
	return a.due(a.server.client.Release(context.Background(), a.id))
}

// Now returns the account's own time.
func (a *Account) Now() time.Time {
	a.t.Helper()
	account, err := a.server.client.Account(context.Background(), a.id)
	if client.IsNotFound(err) { // it opens on first use, which is now
		account, err = a.server.client.PutAccount(context.Background(), a.id, operatorapi.Settings{})
	}
	check(a.t, err)
	return account.Now
}

func (a *Account) due(clock operatorapi.Clock, err error) []Transaction {
	a.t.Helper()
	check(a.t, err)
	var due []Transaction
	for _, t := range clock.Transactions {
		due = append(due, Transaction{
			ID: t.ID, Type: t.Type, OfferingID: t.OfferingID, Quantity: t.Quantity,
			CreatedOn: t.CreatedOn, EffectiveOn: t.EffectiveOn, Cents: a.cents(string(t.Cost.Amount)),
		})
	}
	return due
}

// cents returns an amount such as 8.07 or 250.0 in cents.
func (a *Account) cents(amount string) int64 {
	a.t.Helper()
	whole, decimals, _ := strings.Cut(amount, ".")
	n, err := strconv.ParseInt(whole+(decimals + "00")[:2], 10, 64)
	check(a.t, err)
	return n
}

package client

import "github.com/slotfarm/slotfarm/internal/operatorapi"

// Names that the commands still use.
type (
	// Account is the shape of that name, for the commands.
	Account = operatorapi.Account
	// Settings is the shape of that name, for the commands.
	Settings = operatorapi.Settings
	// Clock is the shape of that name, for the commands.
	Clock = operatorapi.Clock
	// Advance is the shape of that name, for the commands.
	Advance = operatorapi.Advance
	// Entry is the shape of that name, for the commands.
	Entry = operatorapi.Entry
	// Event is the shape of that name, for the commands.
	Event = operatorapi.Event
	// Opening is the shape of that name, for the commands.
	Opening = operatorapi.Opening
	// Configured is the shape of that name, for the commands.
	Configured = operatorapi.Configured
	// EntryTransaction is the shape of that name, for the commands.
	EntryTransaction = operatorapi.EntryTransaction
	// Verification is the shape of that name, for the commands.
	Verification = operatorapi.Verification
	// Key is the shape of that name, for the commands.
	Key = operatorapi.Key
	// Snapshot is the shape of that name, for the commands.
	Snapshot = operatorapi.Snapshot
	// Statement is the shape of that name, for the commands.
	Statement = operatorapi.Statement
	// StatementLine is the shape of that name, for the commands.
	StatementLine = operatorapi.StatementLine
	// Order is the shape of that name, for the commands.
	Order = operatorapi.Order
)

// MaxEntries is how many entries one answer holds at most.
const MaxEntries = operatorapi.MaxEntries

// Package serve holds the end-to-end tests of slotfarm serve: keys and policies, TLS, refusals, restarts, backups,
// migration, traces, on every kind of storage.
package serve

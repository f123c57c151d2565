// Package clients holds the end-to-end tests with AWS's own clients: the scenario, retries after lost answers,
// faults, signatures, and the recipes of docs/testing.md.
package clients

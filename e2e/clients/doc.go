// Package clients holds the end-to-end tests in which AWS's own clients play their part: the scenario,
// retries after lost answers, faults, signatures, and the recipes of docs/testing.md.
package clients

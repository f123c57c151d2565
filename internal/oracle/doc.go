// Package oracle contains a second implementation of the rules, in test files only, and compares the product with it.
//
// The second implementation, the model, is written from docs/design.md and docs/fidelity.md and shares no code with
// the domain packages. It is deliberately naive: it steps day by day, keeps one row for each slot in a flat list, and
// calculates money in exact fractions. Random commands go to both: to the model as a function call, and to a whole
// server over HTTP. After each command, everything that a caller can see has to be the same JSON, digit by digit.
//
// A disagreement is shrunk and printed as a Go test; paste it into replay_test.go and run it.
package oracle

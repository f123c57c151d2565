// Package oracle holds a second implementation of the rules, in test files only, and holds the product against it.
//
// The second one is written from docs/design.md and docs/fidelity.md and shares no code with the domain packages. It is
// deliberately naive: it steps day by day, keeps one row for each slot in a flat list, and reckons money in exact
// fractions. Random commands go to both: to the model as a function call, to a whole server over HTTP. After each of
// them everything that a caller can see has to be the same, as JSON, digit by digit.
//
// What they disagree about is shrunk and printed as a Go test; paste it into replay_test.go and run it.
package oracle

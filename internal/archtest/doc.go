// Package archtest holds the rules of the tree that a machine can check, as tests:
// who may import whom, what the domain must not touch, constructs that are used
// nowhere, comments on what is exported, ceilings on size, and links and hygiene
// of text files. CONTRIBUTING.md says the same in prose.
//
// A rule is a function from files to findings. Each is run twice: on the tree,
// where it must find nothing, and on small files that break it, so that a rule
// which cannot fail is noticed. Whether code is right is not decided here, and
// what gofmt, go vet and staticcheck report is left to them.
package archtest

// Package archtest holds the rules of the tree that a machine can check, as
// tests: which package may import which, what the domain must not use,
// forbidden constructs, comments on exported names, limits on size, and links
// and hygiene of text files. CONTRIBUTING.md describes the rules in prose.
//
// A rule is a function from files to findings. Each rule runs twice: on the
// tree, where it must find nothing, and on small files that break it, so that a
// rule that cannot fail is noticed. The package does not decide whether code is
// correct, and leaves to gofmt, go vet and staticcheck what they report.
package archtest

// Package harness holds what the end-to-end tests share: it builds the slotfarm binary, starts it as a process of its
// own on a free loopback port, and uses it as its users do. The tests are in the packages beside it: clients, crash,
// nodes, sandbox, serve.
//
// Four real clients run one scenario: boto3 and the AWS CLI as Debian packages them, the AWS SDK for Go v2 (the
// program in gosdk) and the AWS SDK for JavaScript v3 (the program in js). The scenario is data,
// testdata/scenario.json, and so is what each of the four has to see, testdata/scenario.golden.json. The clients'
// programs only run steps and print the answers as their SDK decoded them. After an intended change of behaviour, `go
// test ./e2e/clients -run TestScenario -update` rewrites the golden file from what the Go SDK sees, and the other
// three must then agree with it.
//
// The other tests check what only a real process can show: retries after lost answers, many buyers at once, kill -9
// under load, signals and exit codes, two processes on one data directory, and that the verifier of signatures
// accepts what each client signs.
//
// Tests never sleep: they wait for pipes, processes and channels, and a deadline only bounds how long it takes to
// report a failure. Every test uses accounts of its own, so the tests of a package share one server and run in
// parallel. If a client is not installed, its tests are skipped with a hint, or fail with CI=true.
package harness

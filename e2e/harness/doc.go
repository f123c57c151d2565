// Package harness is what the end-to-end tests share: it builds the slotfarm binary, starts it as a process of its
// own on a free loopback port, and uses it as its users do. The tests stand in the packages beside it: clients,
// crash, nodes, sandbox, serve.
//
// Four real clients play one scenario: boto3 and the AWS CLI as Debian packages them, the AWS SDK for Go v2
// (the program in gosdk) and the AWS SDK for JavaScript v3 (the program in js). The scenario is data,
// testdata/scenario.json, and so is what every one of the four has to see, testdata/scenario.golden.json; the
// clients' programs only carry out steps and print what their SDK made of the answers. After an intended
// change of behaviour, `go test ./e2e/clients -run TestScenario -update` writes the golden file anew from what the Go
// SDK sees, and the other three must then agree with it.
//
// The other tests look at what only a real process can show: retries after lost answers, many buyers at once,
// kill -9 under load, signals and exit codes, two processes on one data directory, and that the verifier of
// signatures accepts what each client signs.
//
// Nothing here sleeps: tests wait for pipes, processes and channels, and each deadline only bounds how long a
// failure takes to be reported. Every test uses accounts of its own, so those of a package share one server and run
// in parallel. A client that is not installed skips its tests with a hint; where CI=true it fails them.
package harness

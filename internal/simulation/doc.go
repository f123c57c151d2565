// Package simulation runs the service through years of bad luck, in test files only.
//
// Two instances of the service share one journal in memory, by clocks of their own that are minutes apart and jump back
// and forth. The journal between them fails before it commits and after it, answers late, takes changes twice and decides
// on stale heads; the network loses calls and answers and delivers old calls again. Clients repeat calls as SDKs do, with
// the id of the first attempt. Everything happens in one goroutine and follows from a seed, which a failure prints.
//
// After each step an auditor, who shares no code with package account, reads what the journal got and checks what must
// hold whatever happens: nothing acknowledged is lost, nothing is charged twice or skipped, every session is booked once for
// what its month comes to, no entry changes, and time does not go back. It stands at the service, not at HTTP, which would cost most of the months and adds no state.
//
//	go test ./internal/simulation -run TestSeeds -seed 7    # one seed again
//	make soak SOAK=1h                                       # fresh seeds for an hour
package simulation

// Package simulation runs the service through years of bad luck, in test files only.
//
// Two instances of the service share one journal in memory. Each has a clock of its own; the clocks are minutes apart
// and jump back and forth. The journal fails before and after commits, answers late, takes changes twice and decides
// on stale heads. The network loses calls and answers and delivers old calls again. Clients repeat calls as SDKs do,
// with the id of the first attempt. Everything happens in one goroutine and follows from a seed, which a failure
// prints.
//
// After each step an auditor, which shares no code with package account, reads the new entries of the journal and
// checks what must always hold: nothing acknowledged is lost, nothing is charged twice or skipped, every session is
// booked once and at its price, no entry changes, and time does not go back. The simulation calls the service directly
// and not over HTTP, which adds no state and would reduce the number of simulated months.
//
//	go test ./internal/simulation -run TestSeeds -seed 7    # one seed again
//	make soak SOAK=1h                                       # fresh seeds for an hour
package simulation

// Package bench is a load generator for the offerings API: signed requests over
// real connections, in a closed or an open loop, with what the answers took.
//
// Each round measures the floor first, ListOfferings on few accounts: an answer
// that costs a server what any answer costs. What the work costs is then read
// from its ratio to the floor of the same round, which depends little on the
// machine and on what else runs there. The generator shares the machine with the
// server, so it spends little itself: its own writer and reader of HTTP/1.1,
// signing keys derived in advance, one goroutine for each connection.
//
// It decides what is sent and what counts as an answer. Which server that is, and
// how the figures are shown, is decided by its caller.
package bench

// Package bench is a load generator for the offerings API: signed requests over
// real connections, in a closed or an open loop, with measured latencies.
//
// Each round first measures the floor, ListOfferings on few accounts, which
// costs a server only what every answer costs. The ratio of a workload to the
// floor of the same round then shows what the work costs; it depends little on
// the machine and on what else runs there. The generator shares the machine
// with the server, so it uses little CPU time itself: it has its own writer and
// reader of HTTP/1.1, derives signing keys in advance, and uses one goroutine
// for each connection.
//
// It decides what is sent and what counts as an answer. Its caller decides
// which server is measured.
package bench

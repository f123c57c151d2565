// Package crash holds the end-to-end tests in which a server, its disk or its file system fails: kill -9 under load,
// copies of live files, full disks, too few descriptors, and crowds of connections.
package crash

package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticks is how many units of CPU time the kernel reports for a second.
const ticks = 100

// usage says what a process has used.
type usage struct {
	cpu time.Duration // all of them its threads, since its start
	rss int64         // bytes of memory in use now
}

// usageOf reads what a process has used from /proc. It returns false if that is
// not available.
func usageOf(pid int) (usage, bool) {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, false
	}
	return parseUsage(body, os.Getpagesize())
}

// parseUsage reads the fields of /proc/PID/stat. The second, the program's
// name, may hold any characters.
func parseUsage(stat []byte, page int) (usage, bool) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system, resident = 11, 12, 21 // counted from the third field
	if len(fields) <= resident {
		return usage{}, false
	}
	var values [3]int64
	for i, at := range [...]int{user, system, resident} {
		n, err := strconv.ParseInt(fields[at], 10, 64)
		if err != nil {
			return usage{}, false
		}
		values[i] = n
	}
	return usage{time.Duration(values[0]+values[1]) * time.Second / ticks, values[2] * int64(page)}, true
}

// Loopback reports whether a host name or address is this machine's own.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// listener returns the process that listens at an address of this machine, or 0
// if that cannot be determined.
func listener(address string) int {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !Loopback(host) {
		return 0
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		body, _ := os.ReadFile(table) // a table that cannot be read has no sockets
		if inode := listening(string(body), port); inode != "" {
			return holder("socket:[" + inode + "]")
		}
	}
	return 0
}

// listening returns the inode of the socket that listens on a port, or "" if
// the table has none.
func listening(table, port string) string {
	const local, state, inode, listen = 1, 3, 9, "0A"
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) <= inode || fields[state] != listen {
			continue
		}
		_, digits, _ := strings.Cut(fields[local], ":")
		n, err := strconv.ParseUint(digits, 16, 16)
		if err == nil && strconv.FormatUint(n, 10) == port {
			return fields[inode]
		}
	}
	return ""
}

// holder returns the process that has a file open, or 0 if none is found.
func holder(file string) int {
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range descriptors {
		if link, err := os.Readlink(descriptor); err == nil && link == file {
			pid, _ := strconv.Atoi(strings.Split(descriptor, "/")[2])
			return pid
		}
	}
	return 0
}

// meter measures what a process uses after an instant. The zero meter measures
// nothing.
type meter struct {
	pid   int
	start usage
}

func meterOf(pid int) meter {
	start, ok := usageOf(pid)
	if !ok {
		return meter{}
	}
	return meter{pid, start}
}

// since returns what was used since the start, for a number of requests.
func (m meter) since(requests int64) Used {
	now, ok := usageOf(m.pid)
	if !ok || m.pid == 0 {
		return Used{}
	}
	cpu := now.cpu - m.start.cpu
	return Used{
		CPUSeconds:       cpu.Seconds(),
		CPUMicrosEach:    microseconds(cpu) / float64(max(requests, 1)),
		ResidentSetBytes: float64(now.rss),
	}
}

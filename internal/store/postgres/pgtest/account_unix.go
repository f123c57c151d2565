//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that runs PostgreSQL, which refuses to run as root.
type account struct {
	uid, gid uint32
	switched bool // not the user who runs the tests
}

// owner returns the user who runs the tests, or another user if that is root.
func owner() (*account, error) {
	if os.Getuid() != 0 {
		return &account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		return &account{uint32(uid), uint32(gid), true}, err
	}
	return nil, fmt.Errorf("there is no user named postgres or nobody that could run PostgreSQL")
}

// own gives a directory to the account.
func (a *account) own(dir string) error {
	if !a.switched {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// attributes makes a process run as the account, in a process group of its own,
// so that a signal to the tests does not reach it.
func (a *account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if a.switched {
		attributes.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attributes
}

//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is who runs PostgreSQL: it refuses to be run by root.
type account struct {
	uid, gid uint32
	switched bool // not who runs the tests
}

// owner returns who runs the tests, and another user where that is root.
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
	return nil, fmt.Errorf("there is no user postgres or nobody to run PostgreSQL")
}

// own gives a directory to the account.
func (a *account) own(dir string) error {
	if !a.switched {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// attributes has a process run as the account, in a group of its own, so that a
// signal to the tests leaves it to them.
func (a *account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if a.switched {
		attributes.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attributes
}

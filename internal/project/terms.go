package project

import (
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// MaxJobTimeout is how many minutes a job may run at most.
const MaxJobTimeout = 150

// reserved begins the names of variables that only the lab sets.
const reserved = "DEVICEFARM_"

// validate returns an Argument for what the API model does not forbid.
func (t Terms) validate() error {
	if t.JobTimeout < 0 || t.JobTimeout > MaxJobTimeout {
		return fault.New(fault.Argument, "defaultJobTimeoutMinutes %d is out of range; it must be from 1 to %d, or 0 for that of the account.", t.JobTimeout, MaxJobTimeout)
	}
	seen := map[string]bool{}
	for _, v := range t.Variables {
		switch {
		case strings.HasPrefix(v.Name, reserved):
			return fault.New(fault.Argument, "environmentVariables hold the name %s; names that begin with %s are reserved.", fault.Quote(v.Name), reserved)
		case seen[v.Name]:
			return fault.New(fault.Argument, "environmentVariables hold the name %s twice.", fault.Quote(v.Name))
		}
		seen[v.Name] = true
	}
	return nil
}

// Package session keeps remote access sessions: a device for one person or one
// program, for as long as it is used.
//
// It decides what may be asked for, and how a session looks at a moment: its status
// as AWS says it, and why it waits. Who gets which device when, and when a session
// is over, is decided in package fleet.
package session

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/project"
	"github.com/slotfarm/slotfarm/internal/store"
)

// number ends the ARNs of sessions, as in AWS's samples.
const number = "00000"

// Limits of AWS: a session ends after five minutes without a command, and after 150
// minutes. How long one waits is ours.
const (
	idle    = 5 * time.Minute
	longest = 150 * time.Minute
	wait    = 24 * time.Hour
)

// Status is ExecutionStatus of the API.
type Status string

// The statuses that a remote access session has.
const (
	PendingConcurrency        = Status(fleet.NoSlot)
	PendingDevice             = Status(fleet.NoDevice)
	Preparing          Status = "PREPARING"
	Running            Status = "RUNNING"
	Stopping           Status = "STOPPING"
	Completed          Status = "COMPLETED"
)

// Config is what sessions work with. All fields are required.
type Config struct {
	Fleet    *fleet.Fleet
	Devices  *inventory.Devices
	Projects *project.Projects
	NewID    func() string // unique ids
	Nonce    func() string // that nobody can guess
}

// Sessions are the remote access sessions of accounts. New makes them.
type Sessions struct{ config Config }

// New returns the sessions on a fleet.
func New(c Config) *Sessions { return &Sessions{c} }

// Request is what is asked of a new session.
type Request struct {
	Project  arn.ARN
	Device   arn.ARN
	Instance arn.ARN // the zero ARN is any of the device
	Method   account.BillingMethod
	Details
}

// Details are what a session says of itself beside.
type Details struct {
	Name        string `json:"name,omitempty"`
	Interaction string `json:"interaction,omitempty"` // InteractionMode
	SkipResign  *bool  `json:"skipResign,omitempty"`
	Proxy       *Proxy `json:"proxy,omitempty"`

	VPC *project.VPC `json:"vpc,omitempty"` // of the project, when the session was asked for
}

// Proxy is DeviceProxy of the API.
type Proxy struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// View is a session at a moment.
type View struct {
	lease.Session
	Details
	ARN     arn.ARN
	Device  *inventory.View // nil if it has left the fleet
	Status  Status
	Message string
}

// Create puts a session into the account's queue. Errors: NotFound for a project,
// device or instance that the account does not have; Argument for a device that
// sessions cannot use; those of fleet.Fleet.Enqueue.
func (s *Sessions) Create(ctx context.Context, id account.ID, r Request) (View, error) {
	of, version, err := s.config.Projects.Get(ctx, id, r.Project)
	if err != nil {
		return View{}, err
	}
	device, err := s.config.Devices.Get(ctx, id, r.Device)
	if err != nil {
		return View{}, err
	}
	if device.NoRemoteAccess {
		return View{}, fault.New(fault.Argument, "Device %s (%s) takes no remote access sessions.", r.Device, device.Name)
	}
	only, err := s.instance(ctx, id, r)
	if err != nil {
		return View{}, err
	}
	r.VPC = of.VPC
	details, err := json.Marshal(r.Details)
	if err != nil {
		return View{}, err
	}
	made, err := s.config.Fleet.Enqueue(ctx, lease.Session{
		ID: s.config.NewID(), Account: id, Kind: account.RemoteAccess, Platform: device.Platform, Method: r.Method,
		Project: of.ID, Units: []string{device.Device.ID()}, Only: only, Nonce: s.config.Nonce(), Details: details,
		Limits: lease.Limits{Idle: idle, Max: longest, Wait: wait},
	}, store.Document{Key: project.Key(r.Project), Version: version})
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, made)
}

// instance returns the udid of the instance that a request asks for, "" for any.
func (s *Sessions) instance(ctx context.Context, id account.ID, r Request) (string, error) {
	if r.Instance == (arn.ARN{}) {
		return "", nil
	}
	i, err := s.config.Devices.Instance(ctx, id, r.Instance)
	if err == nil && i.Device != r.Device {
		err = fault.New(fault.Argument, "Instance %s is none of device %s.", r.Instance, r.Device)
	}
	return i.UDID, err
}

// ARNOf returns the ARN of a session.
func ARNOf(s lease.Session) arn.ARN {
	return arn.New(string(s.Account), arn.Session, s.Project, s.ID, number)
}

// find returns the session of an account with an ARN.
func (s *Sessions) find(ctx context.Context, id account.ID, of arn.ARN) (lease.Session, error) {
	unknown := fault.New(fault.NotFound, "There is no remote access session %s.", of)
	parts := of.Parts()
	if of.Account != string(id) || len(parts) != 3 {
		return lease.Session{}, unknown
	}
	found, err := s.config.Fleet.Session(ctx, parts[1])
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return lease.Session{}, err
	}
	if err != nil || found.Account != id || found.Kind != account.RemoteAccess || found.Project != parts[0] || parts[2] != number {
		return lease.Session{}, unknown
	}
	return found, nil
}

// Get returns a session of an account. NotFound if the account does not have it.
func (s *Sessions) Get(ctx context.Context, id account.ID, of arn.ARN) (View, error) {
	found, err := s.find(ctx, id, of)
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, found)
}

// List returns up to limit sessions of a project, newest first, and where the next
// page begins. NotFound for a project that the account does not have.
func (s *Sessions) List(ctx context.Context, of arn.ARN, from fleet.Page, limit int) ([]View, fleet.Page, error) {
	if _, _, err := s.config.Projects.Get(ctx, account.ID(of.Account), of); err != nil {
		return nil, "", err
	}
	found, next, err := s.config.Fleet.List(ctx, fleet.Of{Account: account.ID(of.Account), Kind: account.RemoteAccess, Project: of.ID()}, from, limit)
	if err != nil {
		return nil, "", err
	}
	views := make([]View, 0, len(found))
	for _, one := range found {
		view, err := s.view(ctx, one)
		if err != nil {
			return nil, "", err
		}
		views = append(views, view)
	}
	return views, next, nil
}

// Stop ends a session of an account by its owner's word.
func (s *Sessions) Stop(ctx context.Context, id account.ID, of arn.ARN) (View, error) {
	found, err := s.find(ctx, id, of)
	if err == nil {
		found, err = s.config.Fleet.End(ctx, found.ID, lease.Stopped, "Its owner stopped it.")
	}
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, found)
}

// Delete removes a session that has ended. Argument for one that has not.
func (s *Sessions) Delete(ctx context.Context, id account.ID, of arn.ARN) error {
	found, err := s.find(ctx, id, of)
	if err != nil {
		return err
	}
	if found.Stage() != lease.Ended {
		return fault.New(fault.Argument, "Session %s has not ended; stop it first.", of)
	}
	return s.config.Fleet.Delete(ctx, found.ID)
}

// Empty removes the sessions of a project that is being deleted. Argument if one has
// not ended.
func (s *Sessions) Empty(ctx context.Context, of arn.ARN) error {
	query := fleet.Of{Account: account.ID(of.Account), Kind: account.RemoteAccess, Project: of.ID()}
	for {
		found, _, err := s.config.Fleet.List(ctx, query, "", 100)
		if err != nil || len(found) == 0 {
			return err
		}
		for _, one := range found {
			if one.Stage() != lease.Ended {
				return fault.New(fault.Argument, "Session %s of the project has not ended; stop it first.", ARNOf(one))
			}
			if err := s.config.Fleet.Delete(ctx, one.ID); err != nil {
				return err
			}
		}
	}
}

// view returns a session as it is now.
func (s *Sessions) view(ctx context.Context, of lease.Session) (View, error) {
	v := View{Session: of, ARN: ARNOf(of), Status: statusOf(of), Message: of.Message}
	if err := json.Unmarshal(of.Details, &v.Details); err != nil {
		return v, err
	}
	if v.Status == PendingDevice {
		e, waits, err := s.config.Fleet.ExplainOne(ctx, of)
		if err != nil {
			return v, err
		}
		if waits {
			v.Status, v.Message = Status(e.Reason), e.Message
		}
	}
	device, err := s.config.Devices.Get(ctx, of.Account, arn.New("", arn.Device, of.Units[0]))
	if err == nil {
		v.Device = &device
	} else if fault.KindOf(err) != fault.NotFound {
		return v, err
	}
	return v, nil
}

// statusOf returns the status of a session; PendingDevice of every one that waits.
func statusOf(s lease.Session) Status {
	switch stage := s.Stage(); {
	case stage == lease.Waiting:
		return PendingDevice
	case stage == lease.Ended:
		return Completed
	case s.Stopping != nil:
		return Stopping
	case stage == lease.Assigned:
		return Preparing
	}
	return Running
}

// Result returns ExecutionResult of a session: PENDING until it has ended.
func (v View) Result() string {
	if v.Stage() != lease.Ended {
		return "PENDING"
	}
	return string(v.Outcome)
}

// Minutes returns how many minutes of the session have counted by now.
func (v View) Minutes(now time.Time) account.Millis {
	if v.Ready.IsZero() {
		return 0
	}
	if v.Stage() == lease.Ended {
		now = v.Ended
	}
	return account.Millis(max(0, now.Sub(v.Ready).Milliseconds()))
}

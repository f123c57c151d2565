package inventory

import (
	"context"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Devices are the devices of the fleet as accounts see them. New makes them.
type Devices struct {
	config   Config
	fleet    *Fleet
	profiles *Profiles
}

// View is a device as an account sees it.
type View struct {
	device.Seen
	Own []Instance // the instances that the account may use, in the order of the fleet
}

// Instance is an instance as an account sees it: with the labels that the account
// gave it, else those of the fleet.
type Instance struct {
	device.Instance
	Device  arn.ARN
	Status  device.Status
	Profile *Profile // that the account gave it; nil is none
}

// Setting is what an account changes about an instance. What is nil stays.
type Setting struct {
	Labels  *[]string
	Profile *arn.ARN
}

// setting is what an account has said about an instance, as it is stored.
type setting struct {
	Labels  *[]string `json:"labels,omitempty"`
	Profile string    `json:"profile,omitempty"` // an id
}

func settingKey(id account.ID, udid string) string { return instances + string(id) + "/" + udid }

// List returns the devices that an account sees and that pass every filter, in the
// order of the fleet. Argument for a filter that is not valid.
func (d *Devices) List(ctx context.Context, id account.ID, filters []device.Filter) ([]View, error) {
	for _, f := range filters {
		if err := f.Validate(); err != nil {
			return nil, err
		}
	}
	said, err := d.said(ctx, id)
	if err != nil {
		return nil, err
	}
	var all []View
	for _, one := range d.fleet.Current().Fleet.Devices {
		view, ok := d.view(id, one, said)
		if ok && device.MatchAll(filters, view.Seen) {
			all = append(all, view)
		}
	}
	return all, nil
}

// Get returns a device that an account sees. NotFound for one that it does not.
func (d *Devices) Get(ctx context.Context, id account.ID, of arn.ARN) (View, error) {
	one, ok := d.fleet.Current().Device(of.ID())
	if !ok || of.Kind != arn.Device {
		return View{}, unknown("device", of)
	}
	said, err := d.said(ctx, id)
	if err != nil {
		return View{}, err
	}
	view, ok := d.view(id, one, said)
	if !ok {
		return View{}, unknown("device", of)
	}
	return view, nil
}

// Instances returns the instances that an account may use, in the order of the
// fleet.
func (d *Devices) Instances(ctx context.Context, id account.ID) ([]Instance, error) {
	views, err := d.List(ctx, id, nil)
	var all []Instance
	for _, view := range views {
		all = append(all, view.Own...)
	}
	return all, err
}

// Instance returns an instance that an account may use. NotFound for one that it
// may not, and for an ARN that is not quite the instance's: policies name it as it
// is.
func (d *Devices) Instance(ctx context.Context, id account.ID, of arn.ARN) (Instance, error) {
	one, i, err := d.find(id, of)
	if err != nil {
		return Instance{}, err
	}
	said, err := d.said(ctx, id)
	if err != nil {
		return Instance{}, err
	}
	return d.instance(one.ARN(), i, said), nil
}

func (d *Devices) find(id account.ID, of arn.ARN) (device.Device, device.Instance, error) {
	one, i, ok := d.fleet.Current().InstanceOf(of.ID())
	of.Region = ""
	if !ok || !i.SeenBy(id) || i.ARN() != of {
		return one, i, unknown("device instance", of)
	}
	return one, i, nil
}

// SetInstance changes what an account says about an instance, and returns it. No
// other account sees the change. NotFound for an instance that the account may not
// use and for a profile that it does not have, Argument for labels that are not
// valid.
func (d *Devices) SetInstance(ctx context.Context, id account.ID, of arn.ARN, change Setting) (Instance, error) {
	_, i, err := d.find(id, of)
	if err != nil {
		return Instance{}, err
	}
	if change.Labels != nil {
		if err := device.CheckLabels("labels", *change.Labels); err != nil {
			return Instance{}, fault.New(fault.Argument, "%s.", fault.MessageOf(err))
		}
	}
	key := settingKey(id, i.UDID)
	keys := []string{key}
	if change.Profile != nil {
		keys = append(keys, profileKey(id, change.Profile.ID()))
	}
	err = store.Change(ctx, d.config.Store, keys, func(m store.Moment) (store.Commit, error) { return change.commit(m, id, key) })
	if err != nil {
		return Instance{}, err
	}
	return d.Instance(ctx, id, of)
}

// commit returns the commit that makes the change to the document with a key.
func (s Setting) commit(m store.Moment, id account.ID, key string) (store.Commit, error) {
	var now setting
	if d, ok := m[key]; ok {
		var err error
		if now, err = store.Decode[setting](d); err != nil {
			return store.Commit{}, err
		}
	}
	if s.Labels != nil {
		now.Labels = new(slices.Clone(*s.Labels))
	}
	if s.Profile != nil {
		if _, ok := m[profileKey(id, s.Profile.ID())]; !ok || s.Profile.Account != string(id) {
			return store.Commit{}, unknown("instance profile", *s.Profile)
		}
		now.Profile = s.Profile.ID()
	}
	d, err := store.Encode(key, now)
	return store.Commit{Put: []store.Document{d}}, err
}

// statements is all that an account has said about instances.
type statements struct {
	settings map[string]setting // by udid
	profiles map[string]Profile // by id
}

// said reads what an account has said about instances.
func (d *Devices) said(ctx context.Context, id account.ID) (statements, error) {
	prefix := settingKey(id, "")
	found, err := store.All(ctx, d.config.Store, prefix)
	if err != nil {
		return statements{}, err
	}
	s := statements{settings: map[string]setting{}}
	var named []string
	for _, document := range found {
		one, err := store.Decode[setting](document)
		if err != nil {
			return s, err
		}
		s.settings[strings.TrimPrefix(document.Key, prefix)] = one
		if one.Profile != "" && !slices.Contains(named, one.Profile) {
			named = append(named, one.Profile)
		}
	}
	s.profiles, err = d.profiles.find(ctx, id, named)
	return s, err
}

// view returns a device as an account sees it. False where all of its instances
// are kept for other accounts.
func (d *Devices) view(id account.ID, one device.Device, said statements) (View, bool) {
	view := View{Seen: device.Seen{Device: one}}
	view.Seen.Instances = nil
	of := one.ARN()
	var statuses []device.Status
	for _, i := range one.Instances {
		if !i.SeenBy(id) {
			continue
		}
		own := d.instance(of, i, said)
		view.Own, view.Seen.Instances, statuses = append(view.Own, own), append(view.Seen.Instances, own.Instance), append(statuses, own.Status)
	}
	view.Availability = device.AvailabilityOf(statuses)
	return view, len(view.Own) > 0 || len(one.Instances) == 0
}

// instance returns an instance of a device as an account sees it.
func (d *Devices) instance(of arn.ARN, i device.Instance, said statements) Instance {
	own := Instance{Instance: i, Device: of, Status: d.config.Status(i.UDID)}
	s := said.settings[i.UDID]
	if s.Labels != nil {
		own.Labels = *s.Labels
	}
	if profile, ok := said.profiles[s.Profile]; ok {
		own.Profile = &profile
	}
	return own
}

package operator

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

// maxReason is how long a reason may be, in bytes.
const maxReason = 500

func (a api) deviceRows() []row {
	return []row{
		on(operatorapi.ListDevices, a.listDevices),
		on(operatorapi.GetDevice, a.getDevice),
		on(operatorapi.DrainDevice, a.changing(func(i lease.Instance, why string) (lease.Instance, error) {
			return i.Drain(why, a.Lab.Now()), nil
		})),
		on(operatorapi.ResumeDevice, a.changing(func(i lease.Instance, why string) (lease.Instance, error) {
			return i.Resume(why, a.Lab.Now()), nil
		})),
		on(operatorapi.QuarantineDevice, a.changing(func(i lease.Instance, why string) (lease.Instance, error) {
			return i.Quarantine(why, a.Lab.Now())
		})),
		on(operatorapi.AuditLab, a.auditLab),
	}
}

// listDevices shows a page of instances in the order of their ids.
func (a api) listDevices(ctx context.Context, in input[operatorapi.DevicesQuery, none]) (operatorapi.Devices, error) {
	page := operatorapi.Devices{Devices: []operatorapi.Device{}}
	limit, err := limitOf(in.query.Limit, operatorapi.MaxPage)
	if err == nil && in.query.State != "" {
		err = checkPhase(in.query.State)
	}
	if err != nil {
		return page, err
	}
	all, err := a.Lab.Instances(ctx)
	if err != nil {
		return page, err
	}
	units := a.Lab.Units()
	for _, i := range all {
		if i.ID <= in.query.After || in.query.State != "" && in.query.State != string(i.Phase) {
			continue
		}
		if len(page.Devices) == limit {
			page.Next = page.Devices[limit-1].UDID
			break
		}
		page.Devices = append(page.Devices, deviceShape(i, units))
	}
	return page, nil
}

// checkPhase returns nil for the name of a phase.
func checkPhase(text string) error {
	phases := lease.Phases()
	if slices.Contains(phases, lease.Phase(text)) {
		return nil
	}
	var names []string
	for _, p := range phases {
		names = append(names, string(p))
	}
	return fault.New(fault.Argument, "state %s is unknown; it must be one of %s", fault.Quote(text), strings.Join(names, ", "))
}

// limitOf returns how long a page may be, fallback if the query does not say.
func limitOf(n *int64, fallback int) (int, error) {
	limit := orElse(n, int64(fallback))
	if limit < 1 || limit > operatorapi.MaxPage {
		return 0, fault.New(fault.Argument, "limit %d is out of range; it must be from 1 to %d", limit, operatorapi.MaxPage)
	}
	return int(limit), nil
}

// deviceShape returns an instance as the API lists it. One that has left the fleet
// is called by the id of its unit.
func deviceShape(i lease.Instance, units *fleet.Units) operatorapi.Device {
	shape := operatorapi.Device{
		UDID: i.ID, Device: i.Unit, State: string(i.Phase), Since: i.Since, Reason: i.Reason,
		Leaving: i.Leave && i.Phase != lease.Draining, Session: i.Session, Account: string(i.Account),
	}
	if unit, ok := units.Unit(i.Unit); ok {
		shape.Device, shape.Platform = unit.Label(), unit.System()
	}
	if seat, ok := units.Seat(i.ID); ok {
		shape.Host = seat.Host
	}
	return shape
}

// getDevice shows an instance with its past.
func (a api) getDevice(ctx context.Context, in input[none, none]) (operatorapi.DeviceDetails, error) {
	i, err := a.Lab.Instance(ctx, in.request.PathValue("udid"))
	return a.details(i), err
}

func (a api) details(i lease.Instance) operatorapi.DeviceDetails {
	units := a.Lab.Units()
	seat, _ := units.Seat(i.ID)
	shape := operatorapi.DeviceDetails{
		Device: deviceShape(i, units), KeptFor: string(seat.For), Fence: i.Fence, Node: i.Node,
		Until: optionalTime(i.Until), Faults: append([]time.Time{}, i.Faults...), Past: []operatorapi.DeviceChange{},
	}
	for _, c := range slices.Backward(i.Past) {
		shape.Past = append(shape.Past, operatorapi.DeviceChange{At: c.At, State: string(c.Phase), Reason: c.Reason})
	}
	return shape
}

// changing returns what changes an instance for a reason and shows it.
func (a api) changing(
	change func(lease.Instance, string) (lease.Instance, error),
) func(context.Context, input[none, operatorapi.Because]) (operatorapi.DeviceDetails, error) {
	return func(ctx context.Context, in input[none, operatorapi.Because]) (operatorapi.DeviceDetails, error) {
		if err := checkReason(in.body.Reason); err != nil {
			return operatorapi.DeviceDetails{}, err
		}
		i, err := a.Lab.Change(ctx, in.request.PathValue("udid"), func(i lease.Instance) (lease.Instance, error) {
			return change(i, in.body.Reason)
		})
		return a.details(i), err
	}
}

// checkReason returns nil for a line of visible text.
func checkReason(text string) error {
	if strings.TrimSpace(text) == "" {
		return fault.New(fault.Argument, "reason %s says nothing; it must be a line of text", fault.Quote(text))
	}
	return plaintext.Check("reason", text, maxReason)
}

// auditLab says what is wrong with the leases.
func (a api) auditLab(ctx context.Context, in input[none, none]) (operatorapi.LabAudit, error) {
	in.request.Unhurried()
	wrong, err := a.Lab.Verify(ctx)
	return operatorapi.LabAudit{OK: len(wrong) == 0, Wrong: append([]string{}, wrong...)}, err
}

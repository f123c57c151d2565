package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// deviceCommand holds the commands on devices.
type deviceCommand struct {
	List       deviceListCommand       `cmd:"" help:"Print the devices and the seats of browsers, and what each does."`
	Show       deviceShowCommand       `cmd:"" help:"Print a device with its past, newest first."`
	Drain      deviceDrainCommand      `cmd:"" help:"Take a device out of use once its session has ended."`
	Resume     deviceResumeCommand     `cmd:"" help:"Take a device back into use, and forgive its faults."`
	Quarantine deviceQuarantineCommand `cmd:"" help:"Take a device out of use at once. A session must not have it."`
}

// deviceListCommand prints devices.
type deviceListCommand struct {
	query
	State deviceState `env:"-" placeholder:"STATE" help:"Print only the devices in this state: preparing, ready, held, cleaning, suspect, quarantined, draining or offline."`
}

// Help is what --help says of the command beside its flags.
func (deviceListCommand) Help() string {
	return `The seat of a browser stands in the list as a device. Its udid is the id of the browser, a dot and the number of the seat.`
}

// Run prints a line for each device. The pages of the answer are made one.
func (c *deviceListCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		raw := []json.RawMessage{}
		var rows [][]string
		for q, more := (operatorapi.DevicesQuery{State: string(c.State)}), true; more; more = q.After != "" {
			answer, err := api.Devices(ctx, q)
			if err != nil {
				return err
			}
			var body struct{ Devices []json.RawMessage }
			if err := json.Unmarshal(p.answer, &body); err != nil {
				return err
			}
			raw, q.After = append(raw, body.Devices...), answer.Next
			for _, d := range answer.Devices {
				rows = append(rows, deviceRow(d))
			}
		}
		p.table(deviceHeader(), rows)
		return p.whole("devices", raw)
	})
}

// deviceState is what a device does, "" if it is not given.
type deviceState string

// deviceStates are those there are.
var deviceStates = []string{"preparing", "ready", "held", "cleaning", "suspect", "quarantined", "draining", "offline"}

// Choices returns the values there are.
func (deviceState) Choices() []string { return deviceStates }

// UnmarshalText takes a state in any case.
func (s *deviceState) UnmarshalText(text []byte) error {
	*s = deviceState(strings.ToLower(string(text)))
	if !slices.Contains(deviceStates, string(*s)) {
		return fmt.Errorf("%q is not a state of a device; it must be one of %s", text, strings.Join(deviceStates, ", "))
	}
	return nil
}

func deviceHeader() []string {
	return []string{"UDID", "DEVICE", "PLATFORM", "STATE", "SINCE", "SESSION", "ACCOUNT", "REASON"}
}

func deviceRow(d operatorapi.Device) []string {
	state := d.State
	if d.Leaving {
		state += ", leaving"
	}
	return []string{d.UDID, d.Device, d.Platform, state, showSecond(d.Since), d.Session, d.Account, d.Reason}
}

// onDevice holds the flags of a command about one device.
type onDevice struct {
	query
	UDID string `arg:"" name:"udid" help:"The udid of the device, or of the seat of a browser."`
}

// onDeviceBecause holds those of a command that changes one.
type onDeviceBecause struct {
	onDevice
	Reason string `required:"" env:"-" placeholder:"TEXT" help:"The reason, in one line. The past of the device shows it."`
}

// run makes a call about the device and prints the device.
func (c *onDevice) run(ctx context.Context, streams IO, call func(context.Context, *client.Client) (operatorapi.DeviceDetails, error)) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		d, err := call(ctx, api)
		p.device(d)
		return err
	})
}

// device adds a device and its past to the text.
func (p *page) device(d operatorapi.DeviceDetails) {
	p.table(deviceHeader(), [][]string{deviceRow(d.Device)})
	if d.KeptFor != "" {
		p.say("It is kept for account %s.", d.KeptFor)
	}
	p.say("")
	p.table([]string{"FENCE", "FAULTS", "HOST", "NODE"}, [][]string{{strconv.FormatInt(d.Fence, 10), strconv.Itoa(len(d.Faults)), d.Host, d.Node}})
	p.say("")
	var rows [][]string
	for _, c := range d.Past {
		rows = append(rows, []string{showSecond(c.At), c.State, c.Reason})
	}
	p.table([]string{"AT", "STATE", "REASON"}, rows)
}

type deviceShowCommand struct{ onDevice }

// Run prints the device.
func (c *deviceShowCommand) Run(ctx context.Context, streams IO) error {
	return c.run(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.DeviceDetails, error) {
		return api.Device(ctx, c.UDID)
	})
}

type deviceDrainCommand struct{ onDeviceBecause }

// Run drains the device.
func (c *deviceDrainCommand) Run(ctx context.Context, streams IO) error {
	return c.run(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.DeviceDetails, error) {
		return api.DrainDevice(ctx, c.UDID, c.Reason)
	})
}

type deviceResumeCommand struct{ onDeviceBecause }

// Run takes the device back into use.
func (c *deviceResumeCommand) Run(ctx context.Context, streams IO) error {
	return c.run(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.DeviceDetails, error) {
		return api.ResumeDevice(ctx, c.UDID, c.Reason)
	})
}

type deviceQuarantineCommand struct{ onDeviceBecause }

// Run takes the device out of use.
func (c *deviceQuarantineCommand) Run(ctx context.Context, streams IO) error {
	return c.run(ctx, streams, func(ctx context.Context, api *client.Client) (operatorapi.DeviceDetails, error) {
		return api.QuarantineDevice(ctx, c.UDID, c.Reason)
	})
}

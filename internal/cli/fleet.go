package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// fleetCommand holds the commands on what a lab has.
type fleetCommand struct {
	Show     fleetShowCommand     `cmd:"" help:"Print the devices, their instances, and the browsers."`
	Validate fleetValidateCommand `cmd:"" help:"Check a fleet for mistakes, without a server."`
	Diff     fleetDiffCommand     `cmd:"" help:"Print what a fleet would change on a server."`
	Apply    fleetApplyCommand    `cmd:"" help:"Put a fleet in force."`
	Versions fleetVersionsCommand `cmd:"" help:"Print the versions of the fleet: when each was put in force, and by whom."`
}

// fleetFile is the argument of commands that read a fleet.
type fleetFile struct {
	File string `arg:"" placeholder:"FILE" help:"The fleet, YAML or JSON."`
}

// load reads the fleet.
func (c fleetFile) load() (device.Fleet, error) {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return device.Fleet{}, fmt.Errorf("fleet: %w", err)
	}
	fleet, err := manifest.ParseFleet(body)
	if err != nil {
		return fleet, fmt.Errorf("%s: %w", c.File, err)
	}
	return fleet, nil
}

// fleetShowCommand prints a fleet.
type fleetShowCommand struct {
	query
	Version *int `env:"-" placeholder:"N" help:"The number of a version; 0 is the fleet before version 1. By default the version in force."`
}

// Run prints the server's fleet; as JSON it is one that apply takes.
func (c *fleetShowCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		ask := api.Fleet
		if c.Version != nil {
			ask = func(ctx context.Context) (json.RawMessage, error) { return api.FleetOf(ctx, *c.Version) }
		}
		body, err := ask(ctx)
		if err != nil {
			return err
		}
		fleet, err := manifest.ParseFleet(body)
		p.fleet(fleet)
		return err
	})
}

// fleet adds a fleet to the text: each instance and each browser on a line.
func (p *page) fleet(f device.Fleet) {
	var rows [][]string
	for _, d := range f.Devices {
		about := []string{d.Name, string(d.Platform), d.OS, string(d.FormFactor)}
		for _, i := range d.Instances {
			rows = append(rows, append(about[:len(about):len(about)], i.UDID, i.Appium, accountOr(i, "all")))
		}
		if len(d.Instances) == 0 {
			rows = append(rows, append(about, "", "", ""))
		}
	}
	p.table([]string{"DEVICE", "PLATFORM", "OS", "FORM", "UDID", "APPIUM", "ACCOUNT"}, rows)
	if len(f.Browsers) == 0 {
		return
	}
	rows = nil
	for _, b := range f.Browsers {
		rows = append(rows, []string{b.Name, b.Version, b.Platform, strconv.Itoa(b.Capacity), b.WebDriver})
	}
	p.say("")
	p.table([]string{"BROWSER", "VERSION", "PLATFORM", "CAPACITY", "WEBDRIVER"}, rows)
}

func accountOr(i device.Instance, all string) string {
	if i.Account == "" {
		return all
	}
	return string(i.Account)
}

// fleetValidateCommand checks a fleet.
type fleetValidateCommand struct {
	fleetFile
	Output string `short:"o" env:"-" default:"table" enum:"table,json" placeholder:"FORMAT" help:"Print text for people, or json: the fleet as a server would show it."`
}

// Run reads the fleet and says what it holds.
func (c *fleetValidateCommand) Run(streams IO) error {
	fleet, err := c.load()
	if err != nil {
		return err
	}
	p := &page{}
	if c.Output == "json" {
		if p.answer, err = manifest.FormatFleet(fleet); err != nil {
			return err
		}
		return p.printJSON(streams.Out)
	}
	instances := 0
	for _, d := range fleet.Devices {
		instances += len(d.Instances)
	}
	p.say("devices: %d, instances: %d, browsers: %d", len(fleet.Devices), instances, len(fleet.Browsers))
	return p.printText(streams.Out)
}

// fleetDiffCommand compares a fleet with the server's.
type fleetDiffCommand struct {
	fleetFile
	query
}

// Run prints the changes, one on a line; as JSON they are a list.
func (c *fleetDiffCommand) Run(ctx context.Context, streams IO) error {
	fleet, err := c.load()
	if err != nil {
		return err
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		now, _, err := servedFleet(ctx, api)
		if err != nil {
			return err
		}
		body, err := json.Marshal(map[string][]string{"changes": p.fleetChanges(device.Changes(now, fleet))})
		p.keep(body)
		return err
	})
}

// fleetChanges adds what changes to the text, and returns its lines.
func (p *page) fleetChanges(changes []device.Change) []string {
	lines := []string{}
	for _, change := range changes {
		lines = append(lines, change.String())
		p.say("%s", change)
	}
	if len(changes) == 0 {
		p.say("Nothing changes.")
	}
	return lines
}

// servedFleet returns what a server has, and by which version of its fleet.
func servedFleet(ctx context.Context, api *client.Client) (fleet device.Fleet, number int, err error) {
	versions, err := api.FleetVersions(ctx)
	if err != nil {
		return fleet, 0, err
	}
	number = len(versions)
	body, err := api.FleetOf(ctx, number)
	if err != nil {
		return fleet, number, err
	}
	fleet, err = manifest.ParseFleet(body)
	return fleet, number, err
}

// fleetApplyCommand puts a fleet in force.
type fleetApplyCommand struct {
	fleetFile
	query
}

// Help is what --help says of the command beside its flags.
func (fleetApplyCommand) Help() string {
	return `The command prints what changes. If somebody else changes the fleet at the same time, the server refuses this one, and nothing is lost.`
}

// Run applies the fleet where it changes anything.
func (c *fleetApplyCommand) Run(ctx context.Context, streams IO) error {
	fleet, err := c.load()
	if err != nil {
		return err
	}
	body, err := manifest.FormatFleet(fleet)
	if err != nil {
		return err
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		now, number, err := servedFleet(ctx, api)
		if err != nil {
			return err
		}
		if lines := p.fleetChanges(device.Changes(now, fleet)); len(lines) == 0 {
			answer, err := json.Marshal(operatorapi.FleetChanges{Version: number, Changes: []operatorapi.FleetChange{}})
			p.keep(answer)
			return err
		}
		_, err = api.PutFleet(ctx, body, number)
		var refused *client.Error
		if errors.As(err, &refused) {
			err = fmt.Errorf("%s: %w", c.File, err)
		}
		return err
	})
}

// fleetVersionsCommand prints the versions of the fleet.
type fleetVersionsCommand struct {
	query
}

// Run prints a line for each version, oldest first.
func (c *fleetVersionsCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		versions, err := api.FleetVersions(ctx)
		p.versions(versions)
		return err
	})
}

package server

import (
	"context"
	"strings"

	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/simulator"
)

// simulated is the simulator of a sandbox, or none.
type simulated struct{ server *simulator.Server }

// simulate starts the simulator, if there shall be one, and has the farm begin with
// its fleet: to everything else, it is a back-end like any other.
func (c *Config) simulate() (simulated, error) {
	if !c.Simulate {
		return simulated{}, nil
	}
	server, err := simulator.Start(simulatorOf(device.Simulated(func(string) string { return "" })))
	if err != nil {
		return simulated{}, err
	}
	c.Fleet = device.Simulated(func(name string) string {
		if strings.HasPrefix(name, device.SimulatedUDID) {
			return server.DeviceURL(name)
		}
		return server.BrowserURL(name)
	})
	return simulated{server}, nil
}

// simulatorOf returns what has to be simulated for a fleet.
func simulatorOf(f device.Fleet) simulator.Config {
	var c simulator.Config
	for _, d := range f.Devices {
		for _, i := range d.Instances {
			c.Devices = append(c.Devices, simulator.Device{
				UDID: i.UDID, Platform: string(d.Platform), Name: d.Name, OS: d.OS, Width: d.Resolution.Width, Height: d.Resolution.Height,
			})
		}
	}
	for _, b := range f.Browsers {
		c.Browsers = append(c.Browsers, simulator.Browser{Name: strings.ToLower(b.BrowserName()), Version: b.Version, Platform: b.Platform, Capacity: b.Capacity})
	}
	return c
}

// close ends the simulator, if there is one.
func (s simulated) close(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	return s.server.Close(ctx)
}

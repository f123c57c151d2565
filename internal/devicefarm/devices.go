package devicefarm

import (
	"context"
	"strconv"
	"strings"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/web"
)

func (a api) deviceRows() []awsjson.Operation {
	return []awsjson.Operation{
		row("ListDevices", onAll, a.listDevices),
		rowOn("GetDevice", arn.Device, a.getDevice),
	}
}

type deviceShape struct {
	ARN                 string                `json:"arn"`
	Name                string                `json:"name"`
	Manufacturer        string                `json:"manufacturer"`
	Model               string                `json:"model"`
	ModelID             string                `json:"modelId,omitempty"`
	FormFactor          string                `json:"formFactor"`
	Platform            string                `json:"platform"`
	OS                  string                `json:"os"`
	CPU                 *cpuShape             `json:"cpu,omitempty"`
	Resolution          *resolutionShape      `json:"resolution,omitempty"`
	HeapSize            int64                 `json:"heapSize,omitzero"`
	Memory              int64                 `json:"memory,omitzero"`
	Image               string                `json:"image,omitempty"`
	Carrier             string                `json:"carrier,omitempty"`
	Radio               string                `json:"radio,omitempty"`
	RemoteAccessEnabled bool                  `json:"remoteAccessEnabled"`
	RemoteDebugEnabled  bool                  `json:"remoteDebugEnabled"`
	FleetType           string                `json:"fleetType"`
	FleetName           string                `json:"fleetName,omitempty"`
	Instances           []deviceInstanceShape `json:"instances"`
	Availability        string                `json:"availability"`
}

type cpuShape struct {
	Frequency    string          `json:"frequency,omitempty"`
	Architecture string          `json:"architecture,omitempty"`
	Clock        awsjson.Decimal `json:"clock,omitempty"`
}

type resolutionShape struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

type listDevicesInput struct {
	ARN       *string             `json:"arn"`
	NextToken *string             `json:"nextToken"`
	Filters   []deviceFilterShape `json:"filters"`
}

type deviceFilterShape struct {
	Attribute *string  `json:"attribute"`
	Operator  *string  `json:"operator"`
	Values    []string `json:"values"`
}

type listDevicesOutput struct {
	Devices   []deviceShape `json:"devices"`
	NextToken string        `json:"nextToken,omitempty"`
}

// listDevices shows the devices that the account sees and that pass the filters, in
// the order of the fleet. Older clients name a project, which changes nothing.
func (a api) listDevices(ctx context.Context, call *web.Request, in listDevicesInput) (listDevicesOutput, error) {
	out := listDevicesOutput{Devices: []deviceShape{}}
	if err := bounded(call); err != nil {
		return out, err
	}
	if in.ARN != nil {
		if _, err := a.projectOf(ctx, call, "arn", *in.ARN); err != nil {
			return out, err
		}
	}
	devices, err := a.devices.List(ctx, who(call), filters(in.Filters))
	if err != nil {
		return out, err
	}
	page, next, err := windowOf(call, devices, in.NextToken, resourcePage)
	for _, d := range page {
		out.Devices = append(out.Devices, shapeOfDevice(d))
	}
	out.NextToken = next
	return out, err
}

// filters returns the filters of an input that is within the API model.
func filters(shapes []deviceFilterShape) []device.Filter {
	var all []device.Filter
	for _, f := range shapes {
		all = append(all, device.Filter{Attribute: device.Attribute(*f.Attribute), Operator: device.Operator(*f.Operator), Values: f.Values})
	}
	return all
}

type getDeviceOutput struct {
	Device deviceShape `json:"device"`
}

// getDevice shows a device.
func (a api) getDevice(ctx context.Context, call *web.Request, in arnInput) (getDeviceOutput, error) {
	of, err := in.target(call, arn.Device)
	if err != nil {
		return getDeviceOutput{}, err
	}
	view, err := a.devices.Get(ctx, who(call), of)
	return getDeviceOutput{shapeOfDevice(view)}, err
}

// shapeOfDevice returns a device in its wire form. What its operator never said is
// left out.
func shapeOfDevice(v inventory.View) deviceShape {
	shape := deviceShape{
		ARN: v.ARN().String(), Name: v.Name, Manufacturer: v.Manufacturer, Model: v.Model, ModelID: v.ModelID,
		FormFactor: string(v.FormFactor), Platform: string(v.Platform), OS: v.OS,
		HeapSize: v.HeapSize, Memory: v.Memory, Image: v.Image, Carrier: v.Carrier, Radio: v.Radio,
		RemoteAccessEnabled: !v.NoRemoteAccess, RemoteDebugEnabled: v.RemoteDebug,
		FleetType: string(v.FleetType()), FleetName: v.FleetName,
		Instances: []deviceInstanceShape{}, Availability: string(v.Availability),
	}
	if v.CPU != (device.CPU{}) {
		shape.CPU = &cpuShape{Frequency: v.CPU.Frequency, Architecture: v.CPU.Architecture, Clock: decimal(v.CPU.Clock)}
	}
	if v.Resolution != (device.Resolution{}) {
		shape.Resolution = &resolutionShape{v.Resolution.Width, v.Resolution.Height}
	}
	for _, i := range v.Own {
		shape.Instances = append(shape.Instances, shapeOfInstance(i))
	}
	return shape
}

// decimal returns a number with a decimal at least, "" for 0.
func decimal(f float64) awsjson.Decimal {
	if f == 0 {
		return ""
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return awsjson.Decimal(text)
}

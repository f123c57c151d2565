package devicefarm

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/web"
)

func (a api) instanceRows() []awsjson.Operation {
	return []awsjson.Operation{
		row("ListDeviceInstances", onAll, a.listDeviceInstances),
		rowOn("GetDeviceInstance", arn.DeviceInstance, a.getDeviceInstance),
		rowOn("UpdateDeviceInstance", arn.DeviceInstance, a.updateDeviceInstance),
	}
}

type deviceInstanceShape struct {
	ARN             string                `json:"arn"`
	DeviceARN       string                `json:"deviceArn"`
	Labels          []string              `json:"labels"`
	Status          string                `json:"status"`
	UDID            string                `json:"udid"`
	InstanceProfile *instanceProfileShape `json:"instanceProfile,omitempty"`
}

// limitedInput is the input of lists whose callers choose the size of a page.
type limitedInput struct {
	MaxResults *awsjson.Number `json:"maxResults"`
	NextToken  *string         `json:"nextToken"`
}

type listDeviceInstancesOutput struct {
	DeviceInstances []deviceInstanceShape `json:"deviceInstances"`
	NextToken       string                `json:"nextToken,omitempty"`
}

// listDeviceInstances shows the instances that the account may use.
func (a api) listDeviceInstances(ctx context.Context, call *web.Request, in limitedInput) (listDeviceInstancesOutput, error) {
	out := listDeviceInstancesOutput{DeviceInstances: []deviceInstanceShape{}}
	if err := bounded(call); err != nil {
		return out, err
	}
	size, err := sizeOf(in.MaxResults)
	if err != nil {
		return out, err
	}
	instances, err := a.devices.Instances(ctx, who(call))
	if err != nil {
		return out, err
	}
	page, next, err := windowOf(call, instances, in.NextToken, size)
	for _, i := range page {
		out.DeviceInstances = append(out.DeviceInstances, shapeOfInstance(i))
	}
	out.NextToken = next
	return out, err
}

type deviceInstanceOutput struct {
	DeviceInstance deviceInstanceShape `json:"deviceInstance"`
}

// getDeviceInstance shows an instance that the account may use.
func (a api) getDeviceInstance(ctx context.Context, call *web.Request, in arnInput) (deviceInstanceOutput, error) {
	of, err := in.target(call, arn.DeviceInstance)
	if err != nil {
		return deviceInstanceOutput{}, err
	}
	i, err := a.devices.Instance(ctx, who(call), of)
	return deviceInstanceOutput{shapeOfInstance(i)}, err
}

type updateDeviceInstanceInput struct {
	ARN        *string  `json:"arn"`
	ProfileARN *string  `json:"profileArn"`
	Labels     []string `json:"labels"`
}

func (in updateDeviceInstanceInput) resource() *string { return in.ARN }

// updateDeviceInstance gives an instance labels and a profile.
func (a api) updateDeviceInstance(ctx context.Context, call *web.Request, in updateDeviceInstanceInput) (deviceInstanceOutput, error) {
	of, err := arnInput{in.ARN}.target(call, arn.DeviceInstance)
	if err != nil {
		return deviceInstanceOutput{}, err
	}
	var change inventory.Setting
	if in.Labels != nil {
		change.Labels = &in.Labels
	}
	if in.ProfileARN != nil {
		profile, err := parsed("profileArn", *in.ProfileARN, arn.InstanceProfile)
		if err != nil {
			return deviceInstanceOutput{}, err
		}
		change.Profile = &profile
	}
	i, err := a.devices.SetInstance(ctx, who(call), of, change)
	return deviceInstanceOutput{shapeOfInstance(i)}, err
}

// shapeOfInstance returns an instance in its wire form.
func shapeOfInstance(i inventory.Instance) deviceInstanceShape {
	shape := deviceInstanceShape{
		ARN: i.ARN().String(), DeviceARN: i.Device.String(), Labels: append([]string{}, i.Labels...),
		Status: string(i.Status), UDID: i.UDID,
	}
	if i.Profile != nil {
		profile := shapeOfProfile(*i.Profile)
		shape.InstanceProfile = &profile
	}
	return shape
}

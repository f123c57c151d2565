package devicefarm

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/web"
)

func (a api) instanceProfileRows() []awsjson.Operation {
	return []awsjson.Operation{
		row("CreateInstanceProfile", onAll, a.createInstanceProfile),
		rowOn("GetInstanceProfile", arn.InstanceProfile, a.getInstanceProfile),
		row("ListInstanceProfiles", onAll, a.listInstanceProfiles),
		rowOn("UpdateInstanceProfile", arn.InstanceProfile, a.updateInstanceProfile),
		rowOn("DeleteInstanceProfile", arn.InstanceProfile, a.deleteInstanceProfile),
	}
}

type instanceProfileShape struct {
	ARN                           string   `json:"arn"`
	PackageCleanup                bool     `json:"packageCleanup"`
	ExcludeAppPackagesFromCleanup []string `json:"excludeAppPackagesFromCleanup"`
	RebootAfterUse                bool     `json:"rebootAfterUse"`
	Name                          string   `json:"name"`
	Description                   string   `json:"description,omitempty"`
}

type createInstanceProfileInput struct {
	Name                          *string  `json:"name"`
	Description                   *string  `json:"description"`
	PackageCleanup                *bool    `json:"packageCleanup"`
	ExcludeAppPackagesFromCleanup []string `json:"excludeAppPackagesFromCleanup"`
	RebootAfterUse                *bool    `json:"rebootAfterUse"`
}

type updateInstanceProfileInput struct {
	ARN                           *string  `json:"arn"`
	Name                          *string  `json:"name"`
	Description                   *string  `json:"description"`
	PackageCleanup                *bool    `json:"packageCleanup"`
	ExcludeAppPackagesFromCleanup []string `json:"excludeAppPackagesFromCleanup"`
	RebootAfterUse                *bool    `json:"rebootAfterUse"`
}

func (in updateInstanceProfileInput) resource() *string { return in.ARN }

// on returns terms with what the input changes about them.
func (in createInstanceProfileInput) on(terms inventory.Terms) inventory.Terms {
	set(&terms.Name, in.Name)
	set(&terms.Description, in.Description)
	set(&terms.PackageCleanup, in.PackageCleanup)
	set(&terms.RebootAfterUse, in.RebootAfterUse)
	if in.ExcludeAppPackagesFromCleanup != nil {
		terms.ExcludedPackages = in.ExcludeAppPackagesFromCleanup
	}
	return terms
}

type instanceProfileOutput struct {
	InstanceProfile instanceProfileShape `json:"instanceProfile"`
}

// createInstanceProfile makes a profile. By default it reboots a device after its
// use, and leaves its packages.
func (a api) createInstanceProfile(ctx context.Context, call *web.Request, in createInstanceProfileInput) (instanceProfileOutput, error) {
	if err := bounded(call); err != nil {
		return instanceProfileOutput{}, err
	}
	made, err := a.profiles.Create(ctx, who(call), in.on(inventory.Terms{RebootAfterUse: true}))
	return instanceProfileOutput{shapeOfProfile(made)}, err
}

// getInstanceProfile shows a profile.
func (a api) getInstanceProfile(ctx context.Context, call *web.Request, in arnInput) (instanceProfileOutput, error) {
	of, err := in.target(call, arn.InstanceProfile)
	if err != nil {
		return instanceProfileOutput{}, err
	}
	found, err := a.profiles.Get(ctx, who(call), of)
	return instanceProfileOutput{shapeOfProfile(found)}, err
}

type listInstanceProfilesOutput struct {
	InstanceProfiles []instanceProfileShape `json:"instanceProfiles"`
	NextToken        string                 `json:"nextToken,omitempty"`
}

// listInstanceProfiles shows the account's profiles, oldest first.
func (a api) listInstanceProfiles(ctx context.Context, call *web.Request, in limitedInput) (listInstanceProfilesOutput, error) {
	out := listInstanceProfilesOutput{InstanceProfiles: []instanceProfileShape{}}
	if err := bounded(call); err != nil {
		return out, err
	}
	size, err := sizeOf(in.MaxResults)
	if err != nil {
		return out, err
	}
	after, err := idPlace(call, in.NextToken)
	if err != nil {
		return out, err
	}
	page, more, err := a.profiles.List(ctx, who(call), after, size)
	for _, p := range page {
		out.InstanceProfiles = append(out.InstanceProfiles, shapeOfProfile(p))
	}
	if more {
		out.NextToken = idToken(call, page[len(page)-1].ID)
	}
	return out, err
}

// updateInstanceProfile changes those members of a profile that the input has.
func (a api) updateInstanceProfile(ctx context.Context, call *web.Request, in updateInstanceProfileInput) (instanceProfileOutput, error) {
	of, err := arnInput{in.ARN}.target(call, arn.InstanceProfile)
	if err != nil {
		return instanceProfileOutput{}, err
	}
	change := createInstanceProfileInput{in.Name, in.Description, in.PackageCleanup, in.ExcludeAppPackagesFromCleanup, in.RebootAfterUse}
	changed, err := a.profiles.Update(ctx, who(call), of, change.on)
	return instanceProfileOutput{shapeOfProfile(changed)}, err
}

// deleteInstanceProfile removes a profile.
func (a api) deleteInstanceProfile(ctx context.Context, call *web.Request, in arnInput) (nothing, error) {
	of, err := in.target(call, arn.InstanceProfile)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, a.profiles.Delete(ctx, who(call), of)
}

// shapeOfProfile returns a profile in its wire form.
func shapeOfProfile(p inventory.Profile) instanceProfileShape {
	return instanceProfileShape{
		ARN: p.ARN().String(), PackageCleanup: p.PackageCleanup, RebootAfterUse: p.RebootAfterUse,
		ExcludeAppPackagesFromCleanup: append([]string{}, p.ExcludedPackages...), Name: p.Name, Description: p.Description,
	}
}

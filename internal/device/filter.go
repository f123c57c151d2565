package device

import (
	"maps"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Attribute is what a filter looks at (DeviceFilterAttribute).
type Attribute string

// The values of DeviceFilterAttribute.
const (
	ByARN          Attribute = "ARN"
	ByPlatform     Attribute = "PLATFORM"
	ByOSVersion    Attribute = "OS_VERSION"
	ByModel        Attribute = "MODEL"
	ByAvailability Attribute = "AVAILABILITY"
	ByFormFactor   Attribute = "FORM_FACTOR"
	ByManufacturer Attribute = "MANUFACTURER"
	ByRemoteAccess Attribute = "REMOTE_ACCESS_ENABLED"
	ByRemoteDebug  Attribute = "REMOTE_DEBUG_ENABLED"
	ByInstanceARN  Attribute = "INSTANCE_ARN"
	ByLabel        Attribute = "INSTANCE_LABELS"
	ByFleetType    Attribute = "FLEET_TYPE"
)

// Operator is how a filter compares (RuleOperator).
type Operator string

// The values of RuleOperator.
const (
	Equals             Operator = "EQUALS"
	LessThan           Operator = "LESS_THAN"
	LessThanOrEqual    Operator = "LESS_THAN_OR_EQUALS"
	GreaterThan        Operator = "GREATER_THAN"
	GreaterThanOrEqual Operator = "GREATER_THAN_OR_EQUALS"
	In                 Operator = "IN"
	NotIn              Operator = "NOT_IN"
	Contains           Operator = "CONTAINS"
)

// Filter lets devices through by one of their attributes.
type Filter struct {
	Attribute Attribute
	Operator  Operator
	Values    []string
}

// Seen is a device as an account sees it: with the instances that the account may
// use, and labels and availability as they are now.
type Seen struct {
	Device
	Availability Availability
}

// usage is how filters may look at an attribute.
type usage struct {
	operators []Operator
	values    []string // that there are; nil is any text
}

// usages are the operators that AWS documents for filters, by attribute.
var usages = map[Attribute]usage{
	ByARN:          {[]Operator{Equals, In, NotIn}, nil},
	ByPlatform:     {[]Operator{Equals}, []string{string(offering.Android), string(offering.IOS)}},
	ByOSVersion:    {[]Operator{Equals, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual, In, NotIn}, nil},
	ByModel:        {[]Operator{Contains, Equals, In, NotIn}, nil},
	ByAvailability: {[]Operator{Equals}, []string{string(Available), string(HighlyAvailable), string(Busy), string(TemporarilyNotAvailable)}},
	ByFormFactor:   {[]Operator{Equals}, []string{string(Phone), string(Tablet)}},
	ByManufacturer: {[]Operator{Equals, In, NotIn}, nil},
	ByRemoteAccess: {[]Operator{Equals}, truths},
	ByRemoteDebug:  {[]Operator{Equals}, truths},
	ByInstanceARN:  {[]Operator{Equals, In, NotIn}, nil},
	ByLabel:        {[]Operator{Contains}, nil},
	ByFleetType:    {[]Operator{Equals}, []string{string(Public), string(Private)}},
}

var truths = []string{"TRUE", "FALSE"}

// Validate returns nil for a filter whose attribute may be compared in its way
// with its values. Else an Argument.
func (f Filter) Validate() error {
	use, ok := usages[f.Attribute]
	switch {
	case !ok:
		return fault.New(fault.Argument, "attribute %s is none of a device; it must be one of %s.", fault.Quote(string(f.Attribute)), listed(slices.Sorted(maps.Keys(usages))))
	case !slices.Contains(use.operators, f.Operator):
		return fault.New(fault.Argument, "operator %s is none for attribute %s; it must be one of %s.", fault.Quote(string(f.Operator)), f.Attribute, listed(use.operators))
	case len(f.Values) == 0:
		return fault.New(fault.Argument, "values of attribute %s are empty; there must be one at least.", f.Attribute)
	case len(f.Values) > 1 && f.Operator != In && f.Operator != NotIn:
		return fault.New(fault.Argument, "values of attribute %s are %d; operator %s takes one.", f.Attribute, len(f.Values), f.Operator)
	}
	for _, value := range f.Values {
		if use.values != nil && !slices.Contains(use.values, f.canonical(value)) {
			return fault.New(fault.Argument, "values of attribute %s hold %s; a value must be one of %s.", f.Attribute, fault.Quote(value), listed(use.values))
		}
	}
	return nil
}

// canonical returns a value as it is compared. AWS's clients write truth values in
// either case.
func (f Filter) canonical(value string) string {
	if f.Attribute == ByRemoteAccess || f.Attribute == ByRemoteDebug {
		return strings.ToUpper(value)
	}
	return value
}

// Match reports whether a device passes the filter. A device with several values
// of an attribute, such as the ARNs of its instances, passes if one of them does.
// REMOTE_DEBUG_ENABLED is ignored, as AWS does.
func (f Filter) Match(s Seen) bool {
	values := s.values(f.Attribute)
	switch {
	case f.Attribute == ByRemoteDebug:
		return true
	case len(values) == 0:
		return f.Operator == NotIn
	}
	return slices.ContainsFunc(values, f.passes)
}

// passes reports whether one value of a device passes.
func (f Filter) passes(value string) bool {
	equal := func(wanted string) bool { return f.compare(value, wanted) == 0 }
	some := func(holds func(c int) bool) bool {
		return slices.ContainsFunc(f.Values, func(wanted string) bool { return holds(f.compare(value, wanted)) })
	}
	switch f.Operator {
	case Equals, In:
		return slices.ContainsFunc(f.Values, equal)
	case NotIn:
		return !slices.ContainsFunc(f.Values, equal)
	case LessThan:
		return some(func(c int) bool { return c < 0 })
	case LessThanOrEqual:
		return some(func(c int) bool { return c <= 0 })
	case GreaterThan:
		return some(func(c int) bool { return c > 0 })
	case GreaterThanOrEqual:
		return some(func(c int) bool { return c >= 0 })
	case Contains:
		return slices.ContainsFunc(f.Values, func(wanted string) bool { return f.contains(value, wanted) })
	}
	return false
}

// compare compares a device's value with the filter's: versions as versions, all
// else as text.
func (f Filter) compare(value, wanted string) int {
	if f.Attribute == ByOSVersion {
		return CompareVersions(value, wanted)
	}
	return strings.Compare(value, f.canonical(wanted))
}

// contains reports whether a value contains another: a list of labels contains a
// label as a whole, a text any part of it.
func (f Filter) contains(value, wanted string) bool {
	if f.Attribute == ByLabel {
		return value == wanted
	}
	return strings.Contains(value, wanted)
}

// FleetType returns whom the device is for, as the account sees it: PRIVATE where
// every instance that the account sees is kept for it.
func (s Seen) FleetType() FleetType {
	shared := slices.ContainsFunc(s.Instances, func(i Instance) bool { return i.Account == "" })
	switch {
	case s.Device.FleetType != "":
		return s.Device.FleetType
	case shared || len(s.Instances) == 0:
		return Public
	}
	return Private
}

// values returns the device's values of an attribute.
func (s Seen) values(a Attribute) []string {
	switch a {
	case ByARN:
		return []string{s.ARN().String()}
	case ByPlatform:
		return []string{string(s.Platform)}
	case ByOSVersion:
		return []string{s.OS}
	case ByModel:
		return []string{s.Model}
	case ByAvailability:
		return []string{string(s.Availability)}
	case ByFormFactor:
		return []string{string(s.FormFactor)}
	case ByManufacturer:
		return []string{s.Manufacturer}
	case ByRemoteAccess:
		return []string{truth(!s.NoRemoteAccess)}
	case ByFleetType:
		return []string{string(s.FleetType())}
	case ByInstanceARN:
		return s.each(func(i Instance) []string { return []string{i.ARN().String()} })
	case ByLabel:
		return s.each(func(i Instance) []string { return i.Labels })
	}
	return nil
}

// each returns the values of all instances.
func (s Seen) each(of func(Instance) []string) []string {
	var all []string
	for _, i := range s.Instances {
		all = append(all, of(i)...)
	}
	return all
}

func truth(b bool) string {
	if b {
		return truths[0]
	}
	return truths[1]
}

// MatchAll reports whether a device passes every filter.
func MatchAll(filters []Filter, s Seen) bool {
	return !slices.ContainsFunc(filters, func(f Filter) bool { return !f.Match(s) })
}

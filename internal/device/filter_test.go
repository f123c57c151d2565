package device_test

import (
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// seen returns the devices of lab as an account sees them that has everything.
func seen() map[string]device.Seen {
	f := lab()
	f.Devices[1].NoRemoteAccess = true
	return map[string]device.Seen{
		"pixel": {Device: f.Devices[0], Availability: device.HighlyAvailable},
		"ipad":  {Device: f.Devices[1], Availability: device.Busy},
		"bare":  {Device: device.Device{Name: "bare", OS: "9"}, Availability: device.TemporarilyNotAvailable},
	}
}

func TestFilters(t *testing.T) {
	all := seen()
	pixel, ipad := all["pixel"], all["ipad"]
	first, second := pixel.Instances[0].ARN().String(), pixel.Instances[1].ARN().String()
	for _, tt := range []struct {
		filter device.Filter
		want   string // devices that pass
	}{
		{device.Filter{device.ByARN, device.Equals, []string{pixel.ARN().String()}}, "pixel"},
		{device.Filter{device.ByARN, device.In, []string{pixel.ARN().String(), ipad.ARN().String(), "other"}}, "ipad pixel"},
		{device.Filter{device.ByARN, device.NotIn, []string{pixel.ARN().String()}}, "bare ipad"},
		{device.Filter{device.ByPlatform, device.Equals, []string{"IOS"}}, "ipad"},
		{device.Filter{device.ByOSVersion, device.Equals, []string{"14.0"}}, "pixel"},
		{device.Filter{device.ByOSVersion, device.GreaterThan, []string{"9"}}, "ipad pixel"},
		{device.Filter{device.ByOSVersion, device.GreaterThanOrEqual, []string{"14"}}, "ipad pixel"},
		{device.Filter{device.ByOSVersion, device.LessThan, []string{"14"}}, "bare"},
		{device.Filter{device.ByOSVersion, device.LessThanOrEqual, []string{"14.0.0"}}, "bare pixel"},
		{device.Filter{device.ByOSVersion, device.In, []string{"9.0", "17.4.1"}}, "bare ipad"},
		{device.Filter{device.ByOSVersion, device.NotIn, []string{"9.0", "17.4.1"}}, "pixel"},
		{device.Filter{device.ByModel, device.Contains, []string{"Air"}}, "ipad"},
		{device.Filter{device.ByModel, device.Equals, []string{"iPad"}}, ""},
		{device.Filter{device.ByModel, device.NotIn, []string{"iPad Air"}}, "bare pixel"},
		{device.Filter{device.ByAvailability, device.Equals, []string{"BUSY"}}, "ipad"},
		{device.Filter{device.ByFormFactor, device.Equals, []string{"PHONE"}}, "pixel"},
		{device.Filter{device.ByManufacturer, device.In, []string{"Google", "Apple"}}, "ipad pixel"},
		{device.Filter{device.ByRemoteAccess, device.Equals, []string{"true"}}, "bare pixel"},
		{device.Filter{device.ByRemoteAccess, device.Equals, []string{"FALSE"}}, "ipad"},
		{device.Filter{device.ByRemoteDebug, device.Equals, []string{"TRUE"}}, "bare ipad pixel"},
		{device.Filter{device.ByInstanceARN, device.Equals, []string{second}}, "pixel"},
		{device.Filter{device.ByInstanceARN, device.NotIn, []string{first}}, "bare ipad pixel"},
		{device.Filter{device.ByInstanceARN, device.NotIn, []string{first, second}}, "bare ipad"},
		{device.Filter{device.ByLabel, device.Contains, []string{"usb"}}, "pixel"},
		{device.Filter{device.ByLabel, device.Contains, []string{"rack"}}, ""},
		{device.Filter{device.ByFleetType, device.Equals, []string{"PRIVATE"}}, "ipad"},
		{device.Filter{device.ByFleetType, device.Equals, []string{"PUBLIC"}}, "bare pixel"},
	} {
		if err := tt.filter.Validate(); err != nil {
			t.Errorf("%v: %v", tt.filter, err)
		}
		var got []string
		for _, name := range []string{"bare", "ipad", "pixel"} {
			if tt.filter.Match(all[name]) {
				got = append(got, name)
			}
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%v lets %q through, want %q", tt.filter, got, tt.want)
		}
	}
}

func TestMatchAll(t *testing.T) {
	android := device.Filter{device.ByPlatform, device.Equals, []string{"ANDROID"}}
	old := device.Filter{device.ByOSVersion, device.LessThan, []string{"10"}}
	pixel := seen()["pixel"]
	if !device.MatchAll(nil, pixel) || !device.MatchAll([]device.Filter{android}, pixel) || device.MatchAll([]device.Filter{android, old}, pixel) {
		t.Error("a device passes filters if it passes each of them")
	}
}

func TestFiltersRefused(t *testing.T) {
	for _, tt := range []struct {
		filter device.Filter
		want   string
	}{
		{device.Filter{"COLOUR", device.Equals, []string{"red"}}, `attribute "COLOUR" is none of a device; it must be one of ARN, AVAILABILITY,`},
		{device.Filter{device.ByPlatform, device.In, []string{"IOS"}}, `operator "IN" is none for attribute PLATFORM; it must be one of EQUALS.`},
		{device.Filter{device.ByOSVersion, device.Contains, []string{"1"}}, `operator "CONTAINS" is none for attribute OS_VERSION; it must be one of EQUALS, GREATER_THAN,`},
		{device.Filter{device.ByModel, device.Equals, nil}, "values of attribute MODEL are empty; there must be one at least."},
		{device.Filter{device.ByModel, device.Contains, []string{"a", "b"}}, "values of attribute MODEL are 2; operator CONTAINS takes one."},
		{device.Filter{device.ByPlatform, device.Equals, []string{"android"}}, `values of attribute PLATFORM hold "android"; a value must be one of ANDROID, IOS.`},
		{device.Filter{device.ByRemoteAccess, device.Equals, []string{"yes"}}, `a value must be one of TRUE, FALSE.`},
	} {
		if err := tt.filter.Validate(); fault.KindOf(err) != fault.Argument || !strings.Contains(fault.MessageOf(err), tt.want) {
			t.Errorf("%v: %v, want an Argument with %q", tt.filter, err, tt.want)
		}
	}
}

func TestAvailabilityOf(t *testing.T) {
	for _, tt := range []struct {
		statuses []device.Status
		want     device.Availability
	}{
		{nil, device.TemporarilyNotAvailable},
		{[]device.Status{device.InstanceNotAvailable}, device.TemporarilyNotAvailable},
		{[]device.Status{device.InstanceNotAvailable, device.InstanceInUse}, device.Busy},
		{[]device.Status{device.InstancePreparing}, device.Busy},
		{[]device.Status{device.InstanceInUse, device.InstanceAvailable}, device.Available},
		{[]device.Status{device.InstanceAvailable, device.InstanceNotAvailable, device.InstanceAvailable}, device.HighlyAvailable},
	} {
		if got := device.AvailabilityOf(tt.statuses); got != tt.want {
			t.Errorf("AvailabilityOf(%v) = %s, want %s", tt.statuses, got, tt.want)
		}
	}
}

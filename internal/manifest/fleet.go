package manifest

import (
	stdjson "encoding/json"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// fleetShape is a fleet as people write it.
type fleetShape struct {
	Devices  []deviceShape  `json:"devices,omitempty"`
	Browsers []browserShape `json:"browsers,omitempty"`
}

// deviceShape has the members of AWS's Device that do not follow from others.
type deviceShape struct {
	Name                word              `json:"name"`
	Manufacturer        word              `json:"manufacturer"`
	Model               word              `json:"model"`
	ModelID             word              `json:"modelId,omitzero"`
	Platform            offering.Platform `json:"platform"`
	OS                  word              `json:"os"`
	FormFactor          device.FormFactor `json:"formFactor"`
	CPU                 cpuShape          `json:"cpu,omitzero"`
	Resolution          resolutionShape   `json:"resolution,omitzero"`
	HeapSize            int64             `json:"heapSize,omitzero"`
	Memory              int64             `json:"memory,omitzero"`
	Image               word              `json:"image,omitzero"`
	Carrier             word              `json:"carrier,omitzero"`
	Radio               word              `json:"radio,omitzero"`
	FleetType           device.FleetType  `json:"fleetType,omitzero"`
	FleetName           word              `json:"fleetName,omitzero"`
	RemoteAccessEnabled *bool             `json:"remoteAccessEnabled,omitzero"` // true where it is missing
	RemoteDebugEnabled  bool              `json:"remoteDebugEnabled,omitzero"`
	Instances           []instanceShape   `json:"instances,omitempty"`
}

type cpuShape struct {
	Frequency    word    `json:"frequency,omitzero"`
	Architecture word    `json:"architecture,omitzero"`
	Clock        float64 `json:"clock,omitzero"`
}

type resolutionShape struct {
	Width  int `json:"width,omitzero"`
	Height int `json:"height,omitzero"`
}

type instanceShape struct {
	UDID         word                      `json:"udid"`
	Appium       string                    `json:"appium"`
	Capabilities map[string]jsontext.Value `json:"capabilities,omitempty"`
	Labels       []word                    `json:"labels,omitempty"`
	Account      accountID                 `json:"account,omitzero"`
	Host         word                      `json:"host,omitzero"`
	Allow        []word                    `json:"allow,omitempty"`
	Drop         []word                    `json:"drop,omitempty"`
}

type browserShape struct {
	Name         word                      `json:"name"`
	Version      word                      `json:"version"`
	Platform     word                      `json:"platform"`
	WebDriver    string                    `json:"webdriver"`
	Capacity     *int                      `json:"capacity,omitzero"` // 1 where it is missing
	Capabilities map[string]jsontext.Value `json:"capabilities,omitempty"`
	Allow        []word                    `json:"allow,omitempty"`
	Drop         []word                    `json:"drop,omitempty"`
	Isolated     bool                      `json:"isolated,omitzero"`
}

// ParseFleet reads a fleet, JSON or YAML. Errors: Malformed with the path of the
// member, or those of device.Fleet.Validate.
func ParseFleet(body []byte) (device.Fleet, error) {
	var shape fleetShape
	if err := strictjson.DecodeYAML(body, &shape); err != nil {
		return device.Fleet{}, err
	}
	f := shape.fleet()
	return f, f.Validate()
}

// LoadFleet reads a fleet document from a file. Its errors name the file.
func LoadFleet(file string) (device.Fleet, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return device.Fleet{}, err
	}
	fleet, err := ParseFleet(body)
	if err != nil {
		return fleet, fault.New(fault.KindOf(err), "%s: %s", file, fault.MessageOf(err))
	}
	return fleet, nil
}

// FormatFleet returns a fleet as JSON that ParseFleet reads.
func FormatFleet(f device.Fleet) ([]byte, error) {
	return json.Marshal(fleetShapeOf(f), jsontext.Multiline(true), json.Deterministic(true))
}

func (s fleetShape) fleet() device.Fleet {
	return device.Fleet{Devices: each(s.Devices, deviceShape.device), Browsers: each(s.Browsers, browserShape.browser)}
}

func fleetShapeOf(f device.Fleet) fleetShape {
	return fleetShape{Devices: each(f.Devices, deviceShapeOf), Browsers: each(f.Browsers, browserShapeOf)}
}

func (s deviceShape) device() device.Device {
	return device.Device{
		Name: string(s.Name), Manufacturer: string(s.Manufacturer), Model: string(s.Model), ModelID: string(s.ModelID),
		Platform: s.Platform, OS: string(s.OS), FormFactor: s.FormFactor,
		CPU:        device.CPU{Frequency: string(s.CPU.Frequency), Architecture: string(s.CPU.Architecture), Clock: s.CPU.Clock},
		Resolution: device.Resolution(s.Resolution),
		HeapSize:   s.HeapSize, Memory: s.Memory, Image: string(s.Image), Carrier: string(s.Carrier), Radio: string(s.Radio),
		FleetType: s.FleetType, FleetName: string(s.FleetName),
		NoRemoteAccess: s.RemoteAccessEnabled != nil && !*s.RemoteAccessEnabled,
		RemoteDebug:    s.RemoteDebugEnabled,
		Instances:      each(s.Instances, instanceShape.instance),
	}
}

func deviceShapeOf(d device.Device) deviceShape {
	s := deviceShape{
		Name: word(d.Name), Manufacturer: word(d.Manufacturer), Model: word(d.Model), ModelID: word(d.ModelID),
		Platform: d.Platform, OS: word(d.OS), FormFactor: d.FormFactor,
		CPU:        cpuShape{Frequency: word(d.CPU.Frequency), Architecture: word(d.CPU.Architecture), Clock: d.CPU.Clock},
		Resolution: resolutionShape(d.Resolution),
		HeapSize:   d.HeapSize, Memory: d.Memory, Image: word(d.Image), Carrier: word(d.Carrier), Radio: word(d.Radio),
		FleetType: d.FleetType, FleetName: word(d.FleetName), RemoteDebugEnabled: d.RemoteDebug,
		Instances: each(d.Instances, instanceShapeOf),
	}
	if d.NoRemoteAccess {
		s.RemoteAccessEnabled = new(false)
	}
	return s
}

func (s instanceShape) instance() device.Instance {
	return device.Instance{
		UDID: string(s.UDID), Appium: s.Appium, Capabilities: rawValues(s.Capabilities), Labels: texts(s.Labels),
		Account: account.ID(s.Account), Host: string(s.Host), Allow: texts(s.Allow), Drop: texts(s.Drop),
	}
}

func instanceShapeOf(i device.Instance) instanceShape {
	return instanceShape{
		UDID: word(i.UDID), Appium: i.Appium, Capabilities: values(i.Capabilities), Labels: words(i.Labels),
		Account: accountID(i.Account), Host: word(i.Host), Allow: words(i.Allow), Drop: words(i.Drop),
	}
}

func (s browserShape) browser() device.Browser {
	b := device.Browser{
		Name: string(s.Name), Version: string(s.Version), Platform: string(s.Platform), WebDriver: s.WebDriver, Capacity: 1,
		Capabilities: rawValues(s.Capabilities), Allow: texts(s.Allow), Drop: texts(s.Drop), Isolated: s.Isolated,
	}
	if s.Capacity != nil {
		b.Capacity = *s.Capacity
	}
	return b
}

func browserShapeOf(b device.Browser) browserShape {
	return browserShape{
		Name: word(b.Name), Version: word(b.Version), Platform: word(b.Platform), WebDriver: b.WebDriver, Capacity: &b.Capacity,
		Capabilities: values(b.Capabilities), Allow: words(b.Allow), Drop: words(b.Drop), Isolated: b.Isolated,
	}
}

// word is a text. A number is read as well, since YAML takes a version or a udid
// of digits without quotes for one.
type word string

// UnmarshalJSONFrom reads a word.
func (w *word) UnmarshalJSONFrom(d *jsontext.Decoder) error { return strictjson.ReadScalar(d, w) }

// ReadScalar reads the word from its text.
func (w *word) ReadScalar(_ jsontext.Kind, text string) error {
	*w = word(text)
	return nil
}

func texts(words []word) []string { return each(words, func(w word) string { return string(w) }) }

func words(texts []string) []word { return each(texts, func(text string) word { return word(text) }) }

// each returns what f makes of each item, nil of none.
func each[T, U any](items []T, f func(T) U) []U {
	var all []U
	for _, item := range items {
		all = append(all, f(item))
	}
	return all
}

// rawValues returns capabilities as a fleet has them, without white space.
func rawValues(all map[string]jsontext.Value) map[string]stdjson.RawMessage {
	if len(all) == 0 {
		return nil
	}
	raw := make(map[string]stdjson.RawMessage, len(all))
	for name, value := range all {
		if err := value.Compact(); err == nil { // it has just been read, so it is valid
			raw[name] = stdjson.RawMessage(value)
		}
	}
	return raw
}

func values(raw map[string]stdjson.RawMessage) map[string]jsontext.Value {
	all := make(map[string]jsontext.Value, len(raw))
	for name, value := range raw {
		all[name] = jsontext.Value(value)
	}
	return all
}

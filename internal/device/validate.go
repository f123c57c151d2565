package device

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

// Bounds of a fleet.
const (
	maxText       = 256 // bytes of a name and the like
	maxUDID       = 128 // bytes
	maxHost       = 64  // bytes
	maxURL        = 2048
	maxCapacity   = 10_000
	maxList       = 100 // labels, and names of capabilities
	maxPixels     = 100_000
	maxCapability = 16 << 10 // bytes of all forced capabilities as JSON
)

// Validate returns nil for a fleet that may be used. Else an Argument, which names
// the first wrong value by its path in the document.
func (f Fleet) Validate() error {
	devices, udids := map[string]string{}, map[string]string{}
	for n, d := range f.Devices {
		path := fmt.Sprintf("devices[%d]", n)
		if err := d.validate(path); err != nil {
			return err
		}
		if other, ok := devices[d.ID()]; ok {
			return fault.New(fault.Argument, "%s is the same device as %s: name, manufacturer, model, platform, os and formFactor are equal; list all of its instances under one of them", path, other)
		}
		devices[d.ID()] = path
		for k, i := range d.Instances {
			path := fmt.Sprintf("%s.instances[%d].udid", path, k)
			if other, ok := udids[i.UDID]; ok {
				return wrong(path, i.UDID, "is that of "+other+"; a udid stands in a fleet once")
			}
			udids[i.UDID] = path
		}
	}
	return f.validateBrowsers()
}

func (f Fleet) validateBrowsers() error {
	browsers := map[string]string{}
	for n, b := range f.Browsers {
		path := fmt.Sprintf("browsers[%d]", n)
		if err := b.validate(path); err != nil {
			return err
		}
		if other, ok := browsers[b.ID()]; ok {
			return fault.New(fault.Argument, "%s is the same browser as %s: name, version and platform are equal; give one of them the capacity of both, or another name", path, other)
		}
		browsers[b.ID()] = path
	}
	return nil
}

// validate checks a device that stands at a path.
func (d Device) validate(path string) error {
	at := func(member string) string { return path + "." + member }
	err := first(
		required(at("name"), d.Name), required(at("manufacturer"), d.Manufacturer), required(at("model"), d.Model),
		visible(at("modelId"), d.ModelID), visible(at("image"), d.Image), visible(at("carrier"), d.Carrier),
		visible(at("radio"), d.Radio), visible(at("fleetName"), d.FleetName),
		oneOf(at("platform"), d.Platform, offering.Android, offering.IOS),
		oneOf(at("formFactor"), d.FormFactor, Phone, Tablet),
		oneOf(at("fleetType"), d.FleetType, "", Public, Private),
		visible(at("cpu.frequency"), d.CPU.Frequency), visible(at("cpu.architecture"), d.CPU.Architecture),
		within(at("resolution.width"), int64(d.Resolution.Width), 0, maxPixels),
		within(at("resolution.height"), int64(d.Resolution.Height), 0, maxPixels),
		within(at("heapSize"), d.HeapSize, 0, math.MaxInt64), within(at("memory"), d.Memory, 0, math.MaxInt64),
		osVersion(at("os"), d.OS),
	)
	if err == nil && !(d.CPU.Clock >= 0 && d.CPU.Clock <= math.MaxInt32) {
		err = wrong(at("cpu.clock"), fmt.Sprint(d.CPU.Clock), "must be from 0 to 2147483647")
	}
	for n, i := range d.Instances {
		err = first(err, i.validate(at(fmt.Sprintf("instances[%d]", n))))
	}
	return err
}

func (i Instance) validate(path string) error {
	at := func(member string) string { return path + "." + member }
	return first(
		id(at("udid"), i.UDID, maxUDID), endpoint(at("appium"), i.Appium),
		capabilities(at("capabilities"), i.Capabilities), CheckLabels(at("labels"), i.Labels),
		accountID(at("account"), i.Account), optionalID(at("host"), i.Host),
		names(at("allow"), i.Allow), names(at("drop"), i.Drop),
	)
}

func (b Browser) validate(path string) error {
	at := func(member string) string { return path + "." + member }
	err := first(
		required(at("name"), b.Name), required(at("version"), b.Version), required(at("platform"), b.Platform),
		endpoint(at("webdriver"), b.WebDriver), within(at("capacity"), int64(b.Capacity), 1, maxCapacity),
		capabilities(at("capabilities"), b.Capabilities), names(at("allow"), b.Allow), names(at("drop"), b.Drop),
	)
	if err == nil && b.BrowserName() == "" {
		err = wrong(at("name"), b.Name, "must have a name before its note in parentheses")
	}
	return err
}

// CheckLabels returns nil for the labels of an instance that stand at a path. Else
// an Argument.
func CheckLabels(path string, labels []string) error { return names(path, labels) }

// first returns the first error that there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// wrong returns the error of a value at a path that breaks a rule.
func wrong(path, value, rule string) error {
	return fault.New(fault.Argument, "%s %s %s", path, fault.Quote(value), rule)
}

func visible(path, text string) error {
	if err := plaintext.Check(path, text, maxText); err != nil {
		return fault.New(fault.Argument, "%s", strings.TrimSuffix(fault.MessageOf(err), "."))
	}
	return nil
}

func required(path, text string) error {
	if strings.TrimSpace(text) == "" {
		return fault.New(fault.Argument, "%s is missing or empty; it is required", path)
	}
	return visible(path, text)
}

func oneOf[T ~string](path string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return wrong(path, string(value), "must be one of "+listed(slices.DeleteFunc(allowed, func(v T) bool { return v == "" })))
}

func within(path string, value, low, high int64) error {
	if value < low || value > high {
		return fault.New(fault.Argument, "%s %d must be from %d to %d", path, value, low, high)
	}
	return nil
}

// osVersion checks a version of an operating system: clients read the number with
// which it begins.
func osVersion(path, text string) error {
	if digits := strings.TrimLeft(text, "0123456789"); digits == text || digits != "" && digits[0] != '.' {
		return wrong(path, text, `must be a version that begins with a number, such as "14" or "17.4.1"`)
	}
	return visible(path, text)
}

// id checks a name that stands in keys and addresses.
func id(path, text string, longest int) error {
	other := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:", r)
	}
	if text == "" || len(text) > longest || strings.ContainsFunc(text, other) {
		return wrong(path, text, fmt.Sprintf("must have 1 to %d letters, digits, hyphens, underscores, dots or colons", longest))
	}
	return nil
}

func optionalID(path, text string) error {
	if text == "" {
		return nil
	}
	return id(path, text, maxHost)
}

func accountID(path string, of account.ID) error {
	if of == "" {
		return nil
	}
	if _, err := account.ParseID(string(of)); err != nil {
		return wrong(path, string(of), "must be an account id, which has twelve digits")
	}
	return nil
}

// endpoint checks the URL of a back-end. It has no user information, which would
// show in logs.
func endpoint(path, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(text) > maxURL:
		return wrong(path, text, `must be a URL of http or https, such as "http://10.0.0.5:4723"`)
	case u.User != nil:
		return fault.New(fault.Argument, "%s %s must have no user name and no password", path, fault.Quote(u.Redacted()))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return wrong(path, text, "must have neither a query nor a fragment")
	}
	return nil
}

// capabilities checks what is forced upon sessions.
func capabilities(path string, forced map[string]json.RawMessage) error {
	size := 0
	for name, value := range forced {
		size += len(name) + len(value)
		if name == "" {
			return fault.New(fault.Argument, "%s has a capability without a name", path)
		}
		if !json.Valid(value) {
			return wrong(path+"."+name, string(value), "is not valid JSON")
		}
	}
	if size > maxCapability {
		return fault.New(fault.Argument, "%s has %d bytes; it may have %d", path, size, maxCapability)
	}
	return nil
}

// names checks a list of names: labels, capabilities or arguments.
func names(path string, list []string) error {
	if len(list) > maxList {
		return fault.New(fault.Argument, "%s has %d entries; it may have %d", path, len(list), maxList)
	}
	for n, name := range list {
		if err := required(fmt.Sprintf("%s[%d]", path, n), name); err != nil {
			return err
		}
		if slices.Contains(list[:n], name) {
			return wrong(fmt.Sprintf("%s[%d]", path, n), name, "stands there twice")
		}
	}
	return nil
}

// listed returns texts with commas between them.
func listed[T ~string](texts []T) string {
	var all []string
	for _, text := range texts {
		all = append(all, string(text))
	}
	return strings.Join(all, ", ")
}

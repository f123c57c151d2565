package operator_test

import (
	"strings"
	"testing"
)

// A fleet as JSON, and the same with another capacity as YAML.
const (
	fleetOfOne = `{"browsers":[{"name":"chrome","version":"156","platform":"linux","webdriver":"http://127.0.0.1:9515","capacity":4}]}`
	fleetYAML  = "browsers:\n- {name: chrome, version: 156, platform: linux, webdriver: \"http://127.0.0.1:9515\", capacity: 5}\n"
)

// TestFleet puts fleets in force, and has a reset forget them.
func TestFleet(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.same("no fleet", "{}\n", f.accepted("GET", "/fleet", ""))
	type change struct{ Change, Kind, ID, Name, Field, Old, New, Text string }
	var made struct {
		Version int
		Changes []change
	}
	f.decoded("PUT", "/fleet", fleetOfOne, &made)
	const id, name = "85483ea5-1eef-8cf7-b79d-95bb092d06e6", `"chrome" (156, linux)`
	f.same("changes", []change{{Change: "added", Kind: "browser", ID: id, Name: name, Text: "+ browser " + name}}, made.Changes)
	f.decoded("PUT", "/fleet?replaces=1", fleetYAML, &made)
	want := change{Change: "changed", Kind: "browser", ID: id, Name: name, Field: "capacity", Old: "4", New: "5", Text: "~ browser " + name + ": capacity 4 → 5"}
	f.same("changes", []change{want}, made.Changes)
	f.same("version", 2, made.Version)
	if now, first := f.accepted("GET", "/fleet", ""), f.accepted("GET", "/fleet?version=1", ""); !strings.Contains(now, `"capacity":5`) || !strings.Contains(first, `"capacity":4`) {
		t.Errorf("the fleet now is %s, and by version 1 %s", now, first)
	}
	f.refused("PUT", "/fleet?replaces=1", fleetYAML, refusal{409, "Conflict", "fleet: version 2 is in force, and not 1"})
	f.refused("GET", "/fleet?version=3", "", refusal{404, notFound, "there is no version 3 of the fleet"})
	f.refused("PUT", "/fleet", `{"browser":[]}`, refusal{400, malformed, `member "browser" is unknown; it must be one of devices, browsers`})
	f.refused("PUT", "/fleet", strings.Replace(fleetOfOne, "http:", "ftp:", 1), refusal{400, argument, `browsers[0].webdriver "ftp://127.0.0.1:9515" must be a URL`})
	f.refused("PUT", "/fleet", "", refusal{400, malformed, "the document is empty"})
	f.accepted("POST", "/reset", "")
	f.same("after a reset", "{}\n", f.accepted("GET", "/fleet", ""))
	f.same("versions after a reset", `{"versions":[]}`+"\n", f.accepted("GET", "/fleet/versions", ""))
}

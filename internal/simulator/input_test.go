package simulator_test

import (
	"fmt"
	"testing"
)

// tap returns the actions of a finger that goes down at one place and up at another.
func tap(fromX, fromY, toX, toY int) string {
	return fmt.Sprintf(`{"actions":[{"type":"pointer","id":"finger","parameters":{"pointerType":"touch"},"actions":[
{"type":"pointerMove","duration":0,"x":%d,"y":%d},{"type":"pointerDown","button":0},{"type":"pause","duration":100},
{"type":"pointerMove","duration":100,"x":%d,"y":%d},{"type":"pointerUp","button":0}]}]}`, fromX, fromY, toX, toY)
}

// middle returns the middle of an element.
func middle(r *remote, element string) (x, y int) {
	r.t.Helper()
	rect, _ := r.do("GET", element+"/rect", "").(map[string]any)
	side := func(name string) int { n, _ := rect[name].(float64); return int(n) }
	return side("x") + side("width")/2, side("y") + side("height")/2
}

func TestTapAndSwipe(t *testing.T) {
	t.Parallel()
	l := start(t)
	for _, udid := range []string{"droid", "fruit"} {
		r := l.begin(t, l.DeviceURL(udid), "")
		x, y := middle(r, r.find("accessibility id", "dev.slotfarm.sample"))
		r.do("POST", "/actions", tap(x, y, x+3, y))
		toggle := r.find("id", "agree")
		x, y = middle(r, toggle)
		r.do("POST", "/actions", tap(x, y, x, y))
		if got := r.do("GET", toggle+"/selected", ""); got != true {
			t.Errorf("%s: a tap on the switch leaves it %v", udid, got)
		}
		last := r.find("id", "item-20")
		r.do("POST", "/actions", tap(200, 700, 200, 50))
		if got := r.do("GET", last+"/displayed", ""); got != true {
			t.Errorf("%s: a swipe does not show the last item: %v", udid, got)
		}
		if got := r.do("GET", toggle+"/displayed", ""); got != false {
			t.Errorf("%s: a swipe leaves the switch displayed: %v", udid, got)
		}
		r.do("POST", "/actions", tap(200, 50, 200, 790))
		if _, back := middle(r, toggle); back != y {
			t.Errorf("%s: swiped back, the switch is at %d, and was at %d", udid, back, y)
		}
		r.do("DELETE", "/actions", "")
	}
}

func TestActionsOnPage(t *testing.T) {
	t.Parallel()
	l := start(t)
	r := l.begin(t, l.BrowserURL("chrome"), "")
	r.do("POST", "/url", `{"url":"http://simulated.test/form"}`)
	name := r.find("id", "name")[len("/element/"):]
	r.do("POST", "/actions", `{"actions":[
{"type":"pointer","id":"mouse","actions":[{"type":"pointerMove","x":1,"y":0,"origin":{"element-6066-11e4-a52e-4f735466cecf":"`+name+`"}},{"type":"pointerDown"},{"type":"pointerUp"}]},
{"type":"key","id":"keys","actions":[{"type":"pause"},{"type":"pause"},{"type":"pause"},{"type":"keyDown","value":"x"},{"type":"keyUp","value":"x"},{"type":"keyDown","value":"\ue007"}]}]}`)
	if got, want := r.do("GET", "/title", ""), "Hello"; got != want {
		t.Errorf("a click, a letter and a return lead to %v, want %v", got, want)
	}
	r.do("POST", "/url", `{"url":"http://simulated.test/long"}`)
	r.do("POST", "/actions", `{"actions":[{"type":"wheel","id":"wheel","actions":[{"type":"scroll","x":0,"y":0,"deltaX":0,"deltaY":120}]}]}`)
	if got := r.do("POST", "/execute/sync", `{"script":"return window.scrollY","args":[]}`); got != 120.0 {
		t.Errorf("the wheel scrolls to %v, want 120", got)
	}
	const source = `{"actions":[{"type":"pointer","id":"a","actions":[%s]}]}`
	for body, want := range map[string]string{
		`{}`: "Bad Request: invalid argument", `{"actions":{}}`: "Bad Request: invalid argument",
		`{"actions":[{"type":"foot","id":"a"}]}`: "Bad Request: invalid argument", `{"actions":[{"type":"key"}]}`: "Bad Request: invalid argument",
		fmt.Sprintf(source, `{"type":"keyDown","value":"a"}`):                                                                 "Bad Request: invalid argument",
		fmt.Sprintf(source, `{"type":"pointerMove","x":1,"y":1,"origin":"moon"}`):                                             "Bad Request: invalid argument",
		fmt.Sprintf(source, `{"type":"pointerMove","x":-1,"y":1}`):                                                            "Internal Server Error: move target out of bounds",
		fmt.Sprintf(source, `{"type":"pointerMove","x":1,"y":1,"origin":{"element-6066-11e4-a52e-4f735466cecf":"`+name+`"}}`): "Not Found: stale element reference",
		`{"actions":[{"type":"key","id":"a","actions":[{"type":"keyDown","value":"ab"}]}]}`:                                   "Bad Request: invalid argument",
	} {
		if got := r.fails("POST", "/actions", body); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

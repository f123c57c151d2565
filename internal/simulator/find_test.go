package simulator_test

import (
	"testing"

	"pgregory.net/rapid"
)

const findPage = `<div id="one" class="box first" aria-label="The one"><p name="p1">a <b>bold</b> c</p><p title="it's">second</p></div>
<div class="box"><p data-k="x:y">third</p><span><a href="#x">A  link</a></span><a href="#y">Other</a></div>`

func TestFind(t *testing.T) {
	t.Parallel()
	r := page(t, findPage)
	for _, c := range []struct {
		using, value string
		want         int
	}{
		{"css selector", "p", 3}, {"css selector", "*", 12}, {"css selector", "#one", 1}, {"css selector", ".box", 2},
		{"css selector", "div.box.first", 1}, {"css selector", "div p", 3}, {"css selector", "div > p", 3}, {"css selector", "div>a", 1},
		{"css selector", "div a", 2}, {"css selector", "P, a", 5}, {"css selector", `[id="one"]`, 1}, {"css selector", "[data-k]", 1},
		{"css selector", `[data-k='x\:y']`, 1}, {"css selector", "[data-k^=x]", 1}, {"css selector", "[data-k$='y']", 1},
		{"css selector", "[data-k*=':']", 1}, {"css selector", "[class~=first]", 1}, {"css selector", "p[title]", 1}, {"css selector", "body", 1},
		{"css selector", "html body #one b", 1}, {"css selector", "i", 0},
		{"xpath", "//p", 3}, {"xpath", "/html/body/div", 2}, {"xpath", "//div/p", 3}, {"xpath", "//div//b", 1}, {"xpath", "//*", 12},
		{"xpath", "//p[1]", 2}, {"xpath", "//div[2]/p", 1}, {"xpath", "//div/p[2]", 1}, {"xpath", "//p[3]", 0}, {"xpath", "//p[@title][1]", 1},
		{"xpath", "//p[@name='p1']", 1}, {"xpath", `//p[@title="it's"]`, 1}, {"xpath", "//p[text()='second']", 1},
		{"xpath", "//p[.='a bold c']", 1}, {"xpath", "//p[contains(text(),'hir')]", 1}, {"xpath", "//p[contains(., 'bold')]", 1},
		{"xpath", "//*[contains(@class,'box')]", 2}, {"xpath", "//*[starts-with(@class, 'box f')]", 1},
		{"xpath", "//p[@name or @title]", 2}, {"xpath", "//p[@name and @title]", 0}, {"xpath", "//p[not(@name)]", 2},
		{"xpath", "//a[normalize-space()='A link']", 1}, {"xpath", "//a[normalize-space(.)='A link']", 1},
		{"id", "one", 1}, {"id", "", 0}, {"name", "p1", 1}, {"class name", "first", 1}, {"tag name", "p", 3},
		{"accessibility id", "The one", 1}, {"link text", "A link", 1}, {"partial link text", "th", 1}, {"partial link text", "", 2},
	} {
		if got := r.count(c.using, c.value); got != c.want {
			t.Errorf("%s %s: %d elements, want %d", c.using, c.value, got, c.want)
		}
	}
}

func TestFindWithin(t *testing.T) {
	t.Parallel()
	r := page(t, findPage)
	div := r.find("xpath", "//div[2]")
	for value, want := range map[string]int{".//p": 1, "./p": 1, ".//a": 2, "./a": 1, "//p": 3, "./div": 0} {
		found, _ := r.do("POST", div+"/elements", toJSON(map[string]string{"using": "xpath", "value": value})).([]any)
		if len(found) != want {
			t.Errorf("%s: %d elements, want %d", value, len(found), want)
		}
	}
	for value, want := range map[string]int{"p": 1, "div p": 1, "div": 0, "body a": 2} {
		found, _ := r.do("POST", div+"/elements", toJSON(map[string]string{"using": "css selector", "value": value})).([]any)
		if len(found) != want {
			t.Errorf("%s: %d elements, want %d", value, len(found), want)
		}
	}
	if got, want := r.fails("POST", div+"/element", `{"using":"id","value":"one"}`), "Not Found: no such element"; got != want {
		t.Errorf("an element outside: %s, want %s", got, want)
	}
}

func TestBadLocators(t *testing.T) {
	t.Parallel()
	l := start(t)
	r, device := l.begin(t, l.BrowserURL("chrome"), ""), l.begin(t, l.DeviceURL("droid"), "")
	for _, value := range []string{"", "p >", "p[", "p[a", "p[a=", "p:hover", "#", ".", ">p", "p,,a", "p[a=b", "p + p"} {
		if got, want := r.fails("POST", "/element", toJSON(map[string]string{"using": "css selector", "value": value})), "Bad Request: invalid selector"; got != want {
			t.Errorf("CSS %q: %s, want %s", value, got, want)
		}
	}
	for _, value := range []string{"", ".", "p", "//", "//p[", "//p[]", "//p[@a=]", "//p[@a='b]", "//p[contains(@a)]", "//p[count(*)=1]", "//p[not(@a]", "//p | //a"} {
		if got, want := r.fails("POST", "/elements", toJSON(map[string]string{"using": "xpath", "value": value})), "Bad Request: invalid selector"; got != want {
			t.Errorf("XPath %q: %s, want %s", value, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"using":"id"}`: "Bad Request: invalid argument", `{"value":"id"}`: "Bad Request: invalid argument",
		`{"using":"id","value":1}`: "Bad Request: invalid argument", `{"using":"other","value":"x"}`: "Bad Request: invalid argument",
	} {
		if got := r.fails("POST", "/element", body); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	if got, want := device.fails("POST", "/element", `{"using":"-android uiautomator","value":"x"}`), "Bad Request: invalid selector"; got != want {
		t.Errorf("a strategy that a device lacks: %s, want %s", got, want)
	}
}

func TestForeignElements(t *testing.T) {
	t.Parallel()
	l := start(t)
	r, other := l.begin(t, l.BrowserURL("chrome"), ""), l.begin(t, l.BrowserURL("chrome"), "")
	element := r.find("tag name", "body")
	other.find("tag name", "body")
	if got, want := other.fails("GET", element+"/text", ""), "Not Found: no such element"; got != want {
		t.Errorf("another session's element: %s, want %s", got, want)
	}
	for _, id := range []string{"x", element[len("/element/"):] + "9", r.id[:8] + ".9.1", r.id[:8] + ".1.0", r.id[:8] + ".-1.1"} {
		if got, want := r.fails("GET", "/element/"+id+"/text", ""), "Not Found: no such element"; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// TestAnyLocator has the readers of CSS and XPath take any text: each is found
// or refused, and the session goes on.
func TestAnyLocator(t *testing.T) {
	t.Parallel()
	r := page(t, findPage)
	piece := rapid.SampledFrom([]string{"p", "//", "/", "*", "[", "]", "@id", "'a'", `"`, "=", "text()", ".", "#one", " ", ">", ",", "contains(", "not(", ")", "1", " and ", "box", `\`, "ä"})
	rapid.Check(t, func(t *rapid.T) {
		value := ""
		for _, p := range rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces") {
			value += p
		}
		using := rapid.SampledFrom([]string{"css selector", "xpath"}).Draw(t, "using")
		a, err := r.try("POST", r.base+"/elements", toJSON(map[string]string{"using": using, "value": value}))
		if err != nil {
			t.Fatal(err)
		}
		if got := a.failed(); got != "OK" && got != "Bad Request: invalid selector" {
			t.Fatalf("%s %q: %s", using, value, got)
		}
	})
}

package simulator

// nativeContext is the context in which a device shows a screen.
const nativeContext = "NATIVE_APP"

// webContext returns the context in which the device shows a page, or "" if
// neither an app nor a browser is in front.
func (s *session) webContext() string {
	browser, _ := s.caps["browserName"].(string)
	switch {
	case browser != "" && s.endpoint.isAndroid():
		return "CHROMIUM"
	case s.app == "" && browser == "":
		return ""
	case s.endpoint.isAndroid():
		return "WEBVIEW_" + s.app
	default:
		return "WEBVIEW_1"
	}
}

func getContexts(c *call) (any, error) {
	contexts := []string{nativeContext}
	if web := c.session.webContext(); web != "" {
		contexts = append(contexts, web)
	}
	return contexts, nil
}

func getContext(c *call) (any, error) {
	if c.session.inWeb {
		return c.session.webContext(), nil
	}
	return nativeContext, nil
}

func setContext(c *call) (any, error) {
	var body struct {
		Name *string `json:"name"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	web := c.session.webContext()
	switch {
	case body.Name == nil:
		return nil, fail(invalidArgument, "name is needed, and must be a text")
	case *body.Name == nativeContext:
		c.session.inWeb = false
	case web != "" && *body.Name == web:
		c.session.inWeb = true
	default:
		return nil, fail("no such context", "the session has no context %q", shortened(*body.Name))
	}
	return nil, nil
}

func getOrientation(c *call) (any, error) {
	if c.session.sideways {
		return "LANDSCAPE", nil
	}
	return "PORTRAIT", nil
}

func setOrientation(c *call) (any, error) {
	var body struct {
		Orientation string `json:"orientation"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Orientation != "PORTRAIT" && body.Orientation != "LANDSCAPE" {
		return nil, fail(invalidArgument, "orientation must be PORTRAIT or LANDSCAPE, and is %q", shortened(body.Orientation))
	}
	s := c.session
	if sideways := body.Orientation == "LANDSCAPE"; sideways != s.sideways {
		s.sideways, s.native = sideways, nil // a new screen: its elements are new
		if s.web != nil {
			s.web.laidOut = false
		}
	}
	return nil, nil
}

// maxSettings is how many settings a session keeps.
const maxSettings = 100

func getSettings(c *call) (any, error) {
	if c.session.settings == nil {
		return map[string]any{}, nil
	}
	return c.session.settings, nil
}

// setSettings keeps settings. They change nothing.
func setSettings(c *call) (any, error) {
	var body struct {
		Settings map[string]any `json:"settings"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Settings == nil {
		return nil, fail(invalidArgument, "settings is needed, and must be an object")
	}
	s := c.session
	if len(s.settings)+len(body.Settings) > maxSettings {
		return nil, fail(invalidArgument, "a session keeps %d settings", maxSettings)
	}
	kept := map[string]any{}
	for _, settings := range []map[string]any{s.settings, body.Settings} {
		for name, value := range settings {
			kept[name] = value
		}
	}
	s.settings = kept
	return nil, nil
}

package simulator

import (
	"cmp"
	"time"
)

// sampleApp is on every device, beside the settings of its system.
const sampleApp = "dev.slotfarm.sample"

// preinstalled returns the apps of a new device.
func preinstalled(platform string) map[string]string {
	settings := "com.android.settings"
	if platform == IOS {
		settings = "com.apple.Preferences"
	}
	return map[string]string{settings: "", sampleApp: ""}
}

// defaultIdle is Appium's newCommandTimeout where none is asked for.
const defaultIdle = time.Minute

// plan notes what the capabilities of a new session name: an app to install, one
// that is installed, or a browser.
func (s *session) plan(wanted map[string]any) {
	s.idleLimit = defaultIdle
	if seconds, ok := wanted["appium:newCommandTimeout"].(float64); ok {
		s.idleLimit = time.Duration(seconds * float64(time.Second))
	}
	s.sideways = wanted["appium:orientation"] == "LANDSCAPE"
	if name, _ := wanted["browserName"].(string); name != "" {
		s.inWeb = true
		return
	}
	s.pages = []string{formPage}
	s.app, _ = wanted["appium:appPackage"].(string)
	if bundle, ok := wanted["appium:bundleId"].(string); ok {
		s.app = bundle
	}
	if path, _ := wanted["appium:app"].(string); path != "" {
		s.app = cmp.Or(s.app, fileName(path), sampleApp)
		s.appAtStart = s.app
	}
}

// launch installs what was planned, and looks whether it is there.
func (s *session) launch() error {
	if s.appAtStart != "" {
		path, _ := s.caps["appium:app"].(string)
		if err := s.endpoint.install(s.appAtStart, path); err != nil {
			return fail(sessionNotCreated, "%s", failureOf(err).message)
		}
	}
	if _, ok := s.endpoint.app(s.app); s.app != "" && !ok {
		return fail(sessionNotCreated, "no app %q is installed on device %s", s.app, s.endpoint.device.UDID)
	}
	return nil
}

// appArguments are what the commands for apps take. Drivers call the same thing
// by several names.
type appArguments struct {
	AppPath  string `json:"appPath"`
	App      string `json:"app"`
	AppID    string `json:"appId"`
	BundleID string `json:"bundleId"`
}

// name returns the app that is meant.
func (a appArguments) name() (string, error) {
	for _, name := range []string{a.AppID, a.BundleID} {
		if name != "" {
			return name, nil
		}
	}
	return "", fail(invalidArgument, "appId or bundleId is needed, and must be a text")
}

// onApp makes a handler of what is done with an app.
func onApp(do func(*session, string) (any, error)) func(*session, appArguments) (any, error) {
	return func(s *session, a appArguments) (any, error) {
		name, err := a.name()
		if err != nil {
			return nil, err
		}
		return do(s, name)
	}
}

// arguments makes a handler of a command for apps.
func arguments(do func(*session, appArguments) (any, error)) handler {
	return func(c *call) (any, error) {
		var a appArguments
		if err := c.decode(&a); err != nil {
			return nil, err
		}
		return do(c.session, a)
	}
}

func installApp(c *call) (any, error)     { return arguments(install)(c) }
func removeApp(c *call) (any, error)      { return arguments(onApp(remove))(c) }
func isAppInstalled(c *call) (any, error) { return arguments(onApp(isInstalled))(c) }
func appState(c *call) (any, error)       { return arguments(onApp(stateOf))(c) }
func activateApp(c *call) (any, error)    { return arguments(onApp(activate))(c) }
func terminateApp(c *call) (any, error)   { return arguments(onApp(terminate))(c) }

// install records an app under the name of its file. The file is not opened.
func install(s *session, a appArguments) (any, error) {
	path := cmp.Or(a.AppPath, a.App)
	name := fileName(path)
	if name == "" {
		return nil, fail(invalidArgument, "appPath is needed, and must name a file")
	}
	if err := s.endpoint.install(name, path); err != nil {
		return nil, err
	}
	s.note("installed %s from %s", name, path)
	s.refreshHome()
	return nil, nil
}

// refreshHome shows on the home screen what is installed now.
func (s *session) refreshHome() {
	if s.app == "" {
		s.native = nil
	}
}

func remove(s *session, name string) (any, error) {
	removed := s.endpoint.uninstall(name)
	if s.app == name {
		s.show("")
	}
	s.refreshHome()
	return removed, nil
}

func isInstalled(s *session, name string) (any, error) {
	_, ok := s.endpoint.app(name)
	return ok, nil
}

// The states of apps, as Appium numbers them.
const (
	notInstalled = 0
	notRunning   = 1
	inFront      = 4
)

func stateOf(s *session, name string) (any, error) {
	switch _, ok := s.endpoint.app(name); {
	case !ok:
		return notInstalled, nil
	case s.app == name:
		return inFront, nil
	default:
		return notRunning, nil
	}
}

func activate(s *session, name string) (any, error) {
	if _, ok := s.endpoint.app(name); !ok {
		return nil, fail(unknownError, "no app %q is installed on device %s", name, s.endpoint.device.UDID)
	}
	s.show(name)
	return nil, nil
}

// terminate goes to the home screen, and reports whether the app was in front.
func terminate(s *session, name string) (any, error) {
	if s.app != name {
		return false, nil
	}
	s.show("")
	return true, nil
}

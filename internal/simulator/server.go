package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says what is simulated, and where.
type Config struct {
	Listen   string // a loopback address; 127.0.0.1:0 if empty
	Devices  []Device
	Browsers []Browser
	Clock    Clock // that of the machine if nil
}

// The platforms of devices.
const (
	Android = "ANDROID"
	IOS     = "IOS"
)

// Device is a phone or a tablet. It has one session at a time.
type Device struct {
	UDID     string // also in its URL: letters, digits and - . _ : only
	Platform string // Android or IOS
	Name     string
	OS       string // the version of its system, such as 14
	Width    int    // of the screen held upright, in pixels; 1080 if 0
	Height   int    // 1920 if 0
}

// Browser is a browser. It has up to Capacity sessions at a time.
type Browser struct {
	Name     string // also in its URL: letters, digits and - . _ : only
	Version  string
	Platform string // such as linux
	Capacity int    // 1000 if 0
}

// Session is a live session, as Sessions tells of it.
type Session struct {
	ID      string
	UDID    string // empty at a browser
	Browser string // empty at a device
	Created time.Time
}

// Limits of the listener.
const (
	maxBody       = 64 << 20
	maxHeader     = 64 << 10
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// Server is a running simulator. All its methods may be called at any time by
// any goroutine.
type Server struct {
	http      *http.Server
	listener  net.Listener
	clock     Clock
	script    script
	endpoints map[string]*endpoint // by base path
	base      context.Context      // of every request; ends with Close
	stop      context.CancelFunc
	served    chan struct{}  // closed once the listener has ended
	sockets   sync.WaitGroup // WebSockets, which the HTTP server no longer knows
}

// Start listens and serves until Close.
func Start(config Config) (*Server, error) {
	s := &Server{clock: config.Clock, served: make(chan struct{})}
	if s.clock == nil {
		s.clock = wallClock{}
	}
	if err := s.addEndpoints(config); err != nil {
		return nil, err
	}
	if err := s.listen(config.Listen); err != nil {
		return nil, err
	}
	s.base, s.stop = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return s.base },
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(s.listener) // ends with Close
	}()
	return s, nil
}

// listen takes a loopback address: what is simulated is for this machine.
func (s *Server) listen(address string) error {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the simulator cannot listen on %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the simulator listens on a loopback address only, and not on %q", address)
	}
	s.listener, err = net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("the simulator cannot listen on %q: %w", address, err)
	}
	return nil
}

// addEndpoints makes the end point of each device and browser.
func (s *Server) addEndpoints(config Config) error {
	s.endpoints = map[string]*endpoint{}
	phones, desktops := newRouter(onDevice), newRouter(onBrowser)
	for _, d := range config.Devices {
		if err := d.check(); err != nil {
			return err
		}
		d.Width, d.Height = orDefault(d.Width, 1080), orDefault(d.Height, 1920)
		if err := s.add(&endpoint{device: &d, router: phones, capacity: 1, apps: preinstalled(d.Platform)}); err != nil {
			return err
		}
	}
	for _, b := range config.Browsers {
		if err := b.check(); err != nil {
			return err
		}
		if err := s.add(&endpoint{browser: &b, router: desktops, capacity: orDefault(b.Capacity, 1000)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) add(e *endpoint) error {
	if s.endpoints[e.path()] != nil {
		return fmt.Errorf("two of the simulator's end points are %s", e.path())
	}
	e.server, e.sessions = s, map[string]*session{}
	s.endpoints[e.path()] = e
	return nil
}

// maxScreen is the longest side of a screen, in pixels.
const maxScreen = 4096

// pathName is what a udid and a browser's name look like.
var pathName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

func (d Device) check() error {
	switch {
	case !pathName.MatchString(d.UDID):
		return fmt.Errorf("a udid has 1 to 128 letters, digits and - . _ : only, and %q has not", d.UDID)
	case d.Platform != Android && d.Platform != IOS:
		return fmt.Errorf("the platform of device %s must be %s or %s, and is %q", d.UDID, Android, IOS, d.Platform)
	case d.Name == "" || d.OS == "":
		return fmt.Errorf("device %s needs a name and a version of its system", d.UDID)
	case d.Width < 0 || d.Height < 0 || d.Width > maxScreen || d.Height > maxScreen:
		return fmt.Errorf("the screen of device %s may have up to %d pixels a side, and has %d × %d", d.UDID, maxScreen, d.Width, d.Height)
	}
	return nil
}

func (b Browser) check() error {
	switch {
	case !pathName.MatchString(b.Name):
		return fmt.Errorf("a browser's name has 1 to 128 letters, digits and - . _ : only, and %q has not", b.Name)
	case b.Version == "" || b.Platform == "":
		return fmt.Errorf("browser %s needs a version and a platform", b.Name)
	case b.Capacity < 0:
		return fmt.Errorf("the capacity of browser %s must be at least 0, and is %d", b.Name, b.Capacity)
	}
	return nil
}

func orDefault(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// URL returns where the simulator listens, without a slash at the end.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// DeviceURL returns the end point of a device. It is a base path, as that of an
// Appium server is.
func (s *Server) DeviceURL(udid string) string { return s.URL() + "/device/" + url.PathEscape(udid) }

// BrowserURL returns the end point of a browser.
func (s *Server) BrowserURL(name string) string { return s.URL() + "/browser/" + url.PathEscape(name) }

// Script puts rules in place of those before. It refuses all of them if one is
// wrong. Sessions that were to die by a former rule still do.
func (s *Server) Script(rules []Rule) error {
	for i, r := range rules {
		err := r.check()
		if err == nil {
			err = s.checkNames(r)
		}
		if err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	s.script.replace(rules)
	return nil
}

func (s *Server) checkNames(r Rule) error {
	switch {
	case r.UDID != "" && s.endpoints["/device/"+r.UDID] == nil:
		return fmt.Errorf("the simulator has no device with udid %q", r.UDID)
	case r.Browser != "" && s.endpoints["/browser/"+r.Browser] == nil:
		return fmt.Errorf("the simulator has no browser %q", r.Browser)
	}
	return nil
}

// Rules returns the rules of the script, also those that no longer apply.
func (s *Server) Rules() []Rule { return s.script.list() }

// Sessions returns the live sessions, oldest first.
func (s *Server) Sessions() []Session {
	var all []Session
	for _, e := range s.endpoints {
		for _, live := range e.live() {
			all = append(all, Session{ID: live.id, UDID: e.udid(), Browser: e.browserName(), Created: live.created})
		}
	}
	slices.SortFunc(all, func(a, b Session) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// Close ends all sessions and stops listening. It waits for what is being
// answered until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	for _, e := range s.endpoints {
		e.endAll()
	}
	<-s.served
	s.sockets.Wait()
	return err
}

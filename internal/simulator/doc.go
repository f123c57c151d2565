// Package simulator is a WebDriver server for simulated phones and browsers: the
// back-end of a lab that has no devices yet.
//
// It speaks the W3C's WebDriver as Appium speaks it for a phone and chromedriver
// for a browser, on a listener of its own. Whoever uses it knows nothing of it
// but a URL. It decides what a simulated screen looks like, and how a back-end
// that fails does so: a script can have it refuse to start, die, be slow, hang,
// answer no JSON or redirect.
//
// It is no phone, no emulator and no browser. No app runs: an app that is
// installed is a name, and every app shows the same form. No JavaScript runs, and
// nothing is ever fetched: every address shows a page that was made up here. What
// passes against it shows that sessions, commands and their ends work, and says
// nothing about an app.
package simulator

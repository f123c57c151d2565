// Package lab holds the end-to-end tests of sessions: real clients of WebDriver drive the devices and browsers of a
// sandbox. What lives there is counted by what the back-ends say.
package lab

// Package strictjson reads the JSON and YAML that people and their programs write:
// the bodies of the operator API, and files such as a catalogue.
//
// It refuses what a lenient reader would guess at: unknown members, members
// that appear twice, null, and values of another type. Its errors name the
// member by its path and say what the member must be.
package strictjson

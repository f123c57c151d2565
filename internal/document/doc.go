// Package document reads and writes what people write by hand: the catalogue and
// the seed, as JSON or YAML, and the JSON bodies of the operator's API.
//
// It decides how these documents look and how a mistake in them is described; it
// decides nothing about what they say.
package document

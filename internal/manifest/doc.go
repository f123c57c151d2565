// Package manifest reads and writes the files in which people describe a server:
// the catalogue and the seed, as JSON or YAML.
//
// It decides the format of these files and how errors name a mistake in them.
// It decides nothing about their contents.
package manifest

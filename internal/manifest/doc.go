// Package manifest reads and writes the files in which people describe a server:
// the catalogue and the seed, as JSON or YAML.
//
// It decides how these files look and how it names a mistake in them. It decides
// nothing about what they say.
package manifest

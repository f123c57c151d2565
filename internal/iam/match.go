package iam

import "strings"

// matches reports whether a text is what a pattern describes: "*" is any number
// of characters and "?" is exactly one, in bytes. It takes time in proportion
// to the product of the lengths at worst.
func matches(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0 // the newest "*", and where the text after it begins
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0: // the star takes one more
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// arnParts is how many parts an ARN has: arn, partition, service, region,
// account and resource, of which only the last may have colons in it.
const arnParts = 6

// resource is a pattern of ARNs, part by part, or nil for "*".
type resource []string

// matches reports whether an ARN is one of the pattern's. Wildcards stay within
// the part in which they stand, and case counts (IAM User Guide, "IAM JSON
// policy elements: Resource").
func (r resource) matches(arn string) bool {
	if r == nil {
		return true
	}
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) != arnParts {
		return false
	}
	for i, pattern := range r {
		if !matches(pattern, parts[i]) {
			return false
		}
	}
	return true
}

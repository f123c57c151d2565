package iam

import "strings"

// matches reports whether a text matches a pattern: "*" is any number of bytes
// and "?" is exactly one. In the worst case, its time is proportional to the
// product of the lengths.
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

// arnParts is the number of parts of an ARN: arn, partition, service, region,
// account and resource. Only the resource may contain colons.
const arnParts = 6

// resource is a pattern of ARNs, part by part, or nil for "*".
type resource []string

// matches reports whether an ARN matches the pattern. A wildcard matches only
// within its part, and matching is case-sensitive (IAM User Guide, "IAM JSON
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

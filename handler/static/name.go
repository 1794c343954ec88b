package static

import "strings"

// fileName makes a name for [fs.FS] of the segments that a route's [...]
// matched. Slashes, backslashes and NUL in a segment, and segments that lead
// out of the directory, are refused.
func fileName(segments []string) (name string, ok bool) {
	var kept []string
	for _, segment := range segments {
		switch {
		case strings.ContainsAny(segment, "/\\\x00"):
			return "", false
		case segment == "" || segment == ".":
		case segment != "..":
			kept = append(kept, segment)
		case len(kept) == 0:
			return "", false
		default:
			kept = kept[:len(kept)-1]
		}
	}
	if len(kept) == 0 {
		return ".", true
	}
	return strings.Join(kept, "/"), true
}

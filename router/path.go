package router

import "strings"

// A path is looked up by its key, one string for all spellings of the same
// segments: each segment behind a slash, percent-encoded where it has a byte
// that means something to a tree, and emptySegment where it is empty. The
// path of most requests is its own key, so it is looked up as it is.
type target struct {
	key string

	// segments are the decoded segments, nil where the key's own segments
	// are just that.
	segments []string
}

// emptySegment stands in a key for an empty segment; a tree matches no empty
// one. Encoded bytes always have two digits, so it is no other segment's.
const emptySegment = "%"

// newTarget returns the target for a path as the client sent it, or false
// where the path is bad. Static segments of the table have a ":" or a "*" in
// them if wildcards is true; only then need those be told apart from a
// tree's wildcards.
func newTarget(path string, wildcards bool) (target, bool) {
	if path == "" || path[0] != '/' {
		return target{}, false
	}
	if isKey(path, wildcards) {
		if len(path) > 1 && path[len(path)-1] == '/' {
			path = path[:len(path)-1]
		}
		return target{key: path}, true
	}
	segments, ok := splitPath(path)
	if !ok {
		return target{}, false
	}
	return target{keyOf(segments, wildcards), segments}, true
}

// isKey reports whether path, but for a trailing slash, is its own key.
func isKey(path string, wildcards bool) bool {
	if strings.IndexByte(path, '%') >= 0 || strings.Contains(path, "//") {
		return false
	}
	if wildcards && strings.ContainsAny(path, ":*") {
		return false
	}
	return !strings.Contains(path, "/.") || !hasDotSegment(path)
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// splitPath returns the decoded segments of a path that begins with a slash.
// Dot segments are removed, after decoding; empty segments are kept, but the
// slash at the end makes none.
func splitPath(path string) (segments []string, ok bool) {
	if path == "/" {
		return []string{}, true
	}
	path = strings.TrimSuffix(path[1:], "/")
	segments = make([]string, 0, 1+strings.Count(path, "/"))
	for raw := range strings.SplitSeq(path, "/") {
		segment, ok := decode(raw)
		switch {
		case !ok:
			return nil, false
		case segment == ".":
		case segment == "..":
			segments = segments[:max(0, len(segments)-1)]
		default:
			segments = append(segments, segment)
		}
	}
	return segments, true
}

// decode undoes percent-encoding (RFC 3986, section 2.1).
func decode(raw string) (text string, ok bool) {
	i := strings.IndexByte(raw, '%')
	if i < 0 {
		return raw, true
	}
	var b strings.Builder
	b.Grow(len(raw))
	for ; i >= 0; i = strings.IndexByte(raw, '%') {
		if i+2 >= len(raw) {
			return "", false
		}
		high, low := hexDigit(raw[i+1]), hexDigit(raw[i+2])
		if high > 15 || low > 15 {
			return "", false
		}
		b.WriteString(raw[:i])
		b.WriteByte(high<<4 | low)
		raw = raw[i+3:]
	}
	b.WriteString(raw)
	return b.String(), true
}

// hexDigit returns the value of a hexadecimal digit, or 255.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

func keyOf(segments []string, wildcards bool) string {
	if len(segments) == 0 {
		return "/"
	}
	size := 0
	for _, s := range segments {
		size += 2 + len(s)
	}
	key := make([]byte, 0, size)
	for _, s := range segments {
		key = append(key, '/')
		key = appendKey(key, s, wildcards)
	}
	return string(key)
}

// appendKey appends a decoded segment as it stands in a key.
func appendKey(key []byte, segment string, wildcards bool) []byte {
	if segment == "" {
		return append(key, emptySegment...)
	}
	const digits = "0123456789ABCDEF"
	for i := range len(segment) {
		switch c := segment[i]; {
		case c == '%', c == '/', wildcards && (c == ':' || c == '*'):
			key = append(key, '%', digits[c>>4], digits[c&15])
		default:
			key = append(key, c)
		}
	}
	return key
}

package protocol

import "strings"

// acceptsGzip reports whether the lines of an Accept-Encoding header allow
// gzip: RFC 9110, section 12.5.3. A malformed header allows nothing, and
// neither does an absent one, as in Cowboy.
func acceptsGzip(lines []string) bool {
	named, starred := unlisted, unlisted
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			coding, allowed, ok := parseCoding(element)
			switch {
			case !ok:
				return false
			case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
				named = max(named, allowed)
			case coding == "*":
				starred = max(starred, allowed)
			}
		}
	}
	if named == unlisted {
		return starred == accepted
	}
	return named == accepted
}

// acceptance is what a client says of a content coding.
type acceptance int

const (
	unlisted acceptance = iota
	refused
	accepted
)

// parseCoding takes an element of Accept-Encoding apart. An empty one is
// legal in a list: RFC 9110, section 5.6.1.2.
func parseCoding(element string) (coding string, a acceptance, ok bool) {
	coding, weight, weighted := strings.Cut(element, ";")
	coding = strings.Trim(coding, " \t")
	if !isToken(coding) && (coding != "" || weighted) {
		return "", unlisted, false
	}
	if !weighted {
		return coding, accepted, true
	}
	weight = strings.Trim(weight, " \t")
	if len(weight) < 3 || (weight[0] != 'q' && weight[0] != 'Q') || weight[1] != '=' {
		return "", unlisted, false
	}
	a, ok = parseWeight(weight[2:])
	return coding, a, ok
}

// parseWeight reads a qvalue, 0 to 1 with three decimals at most: RFC 9110,
// section 12.4.2.
func parseWeight(q string) (a acceptance, ok bool) {
	whole, decimals, _ := strings.Cut(q, ".")
	if (whole != "0" && whole != "1") || len(decimals) > 3 {
		return unlisted, false
	}
	zeros := strings.Trim(decimals, "0") == ""
	switch {
	case strings.Trim(decimals, "0123456789") != "" || (whole == "1" && !zeros):
		return unlisted, false
	case whole == "0" && zeros:
		return refused, true
	}
	return accepted, true
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

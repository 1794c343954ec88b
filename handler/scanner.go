package handler

import (
	"strings"
)

// scanner reads the value of a header by the rules that most of them share
// (RFC 9110, section 5.6).
type scanner struct {
	rest string
}

// space skips optional white space: OWS.
func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

// end reports whether nothing but white space remains.
func (s *scanner) end() bool {
	s.space()
	return s.rest == ""
}

// skip takes c where it is next.
func (s *scanner) skip(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// while takes the bytes that ok allows; "" where there are none.
func (s *scanner) while(ok func(byte) bool) string {
	n := 0
	for n < len(s.rest) && ok(s.rest[n]) {
		n++
	}
	taken := s.rest[:n]
	s.rest = s.rest[n:]
	return taken
}

// token takes a token, or "".
func (s *scanner) token() string { return s.while(isTokenByte) }

// lowerToken takes a token in lower case, or "".
func (s *scanner) lowerToken() string { return strings.ToLower(s.token()) }

// number takes a decimal number that fits an int64.
func (s *scanner) number() (n int64, ok bool) {
	digits := s.while(isDigit)
	return parseDecimal(digits)
}

// quoted takes a quoted string, without its quotes and escapes.
func (s *scanner) quoted() (text string, ok bool) {
	if !s.skip('"') {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(s.rest); i++ {
		c := s.rest[i]
		switch {
		case c == '"':
			s.rest = s.rest[i+1:]
			return b.String(), true
		case c == '\\' && i+1 < len(s.rest):
			i++
			c = s.rest[i]
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			return "", false
		}
		b.WriteByte(c)
	}
	return "", false
}

// tokenOrQuoted takes the value of a parameter.
func (s *scanner) tokenOrQuoted() (text string, ok bool) {
	if strings.HasPrefix(s.rest, `"`) {
		return s.quoted()
	}
	text = s.token()
	return text, text != ""
}

// quality takes a weight after "q=", in thousandths: 0 to 1000. As Cowboy
// does, it lets pass the ".5" of some clients (RFC 9110, section 12.4.2).
func (s *scanner) quality() (thousandths int, ok bool) {
	whole := s.while(isDigit)
	var fraction string
	if s.skip('.') {
		fraction = s.while(isDigit)
		if whole == "" && fraction == "" {
			return 0, false
		}
	}
	switch {
	case len(fraction) > 3:
		return 0, false
	case whole == "1":
		return 1000, strings.Trim(fraction, "0") == ""
	case whole == "0", whole == "" && fraction != "":
		n, _ := parseDecimal((fraction + "000")[:3])
		return int(n), true
	}
	return 0, false
}

// maxItems bounds the lists of headers, which are compared item by item.
const maxItems = 1000

// list reads the items of a comma-separated list; empty ones are skipped
// (RFC 9110, section 5.6.1.2). One of more than maxItems is malformed.
func list[T any](value string, item func(*scanner) (T, bool)) ([]T, bool) {
	s := &scanner{value}
	items := []T{}
	for {
		for s.space(); s.skip(','); s.space() {
		}
		if s.end() {
			return items, true
		}
		one, ok := item(s)
		if !ok || len(items) == maxItems {
			return nil, false
		}
		items = append(items, one)
		if !s.end() && !s.skip(',') {
			return nil, false
		}
	}
}

// nonEmptyList is a list that must not be empty.
func nonEmptyList[T any](value string, item func(*scanner) (T, bool)) ([]T, bool) {
	items, ok := list(value, item)
	return items, ok && len(items) > 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isTokenByte is tchar of RFC 9110, section 5.6.2.
func isTokenByte(c byte) bool {
	return isDigit(c) || isAlpha(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// parseDecimal reads digits only, up to 18 of them.
func parseDecimal(digits string) (n int64, ok bool) {
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := 0; i < len(digits); i++ {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	return n, true
}

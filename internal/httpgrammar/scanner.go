package httpgrammar

import "strings"

// Scanner reads the value of a header from left to right. Its methods take what
// comes next and go on behind it. If a method fails, the value is malformed, and
// Offset is the byte that doesn't fit.
type Scanner struct {
	text string
	pos  int
}

// NewScanner returns a Scanner of value.
func NewScanner(value string) Scanner { return Scanner{text: value} }

// Offset returns the number of bytes taken.
func (s *Scanner) Offset() int { return s.pos }

// Rest returns what wasn't taken yet.
func (s *Scanner) Rest() string { return s.text[s.pos:] }

// Done reports whether all is taken, white space included.
func (s *Scanner) Done() bool { return s.pos == len(s.text) }

// End takes white space and reports whether it was all that remained.
func (s *Scanner) End() bool {
	s.Space()
	return s.Done()
}

// Space takes optional white space (RFC 9110, section 5.6.3).
func (s *Scanner) Space() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
}

// NextIs reports whether c comes next, without taking it.
func (s *Scanner) NextIs(c byte) bool { return s.pos < len(s.text) && s.text[s.pos] == c }

// Skip takes c and reports whether it was there.
func (s *Scanner) Skip(c byte) bool {
	if !s.NextIs(c) {
		return false
	}
	s.pos++
	return true
}

// SkipSpaced takes white space, then c if it comes next.
func (s *Scanner) SkipSpaced(c byte) bool {
	s.Space()
	return s.Skip(c)
}

// SkipPrefix takes prefix and reports whether it was there.
func (s *Scanner) SkipPrefix(prefix string) bool {
	if !strings.HasPrefix(s.Rest(), prefix) {
		return false
	}
	s.pos += len(prefix)
	return true
}

// While takes the bytes up to the first that isn't allowed.
func (s *Scanner) While(allowed func(byte) bool) string {
	start := s.pos
	for s.pos < len(s.text) && allowed(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

// Token takes a token, or returns "" if none comes next (RFC 9110, section
// 5.6.2).
func (s *Scanner) Token() string {
	start := s.pos
	for s.pos < len(s.text) && tokenBytes[s.text[s.pos]] {
		s.pos++
	}
	return s.text[start:s.pos]
}

// LowerToken is Token in lower case.
func (s *Scanner) LowerToken() string { return strings.ToLower(s.Token()) }

// Number takes a decimal number of up to 18 digits.
func (s *Scanner) Number() (n int64, ok bool) { return Decimal(s.While(IsDigit)) }

// Quoted takes a quoted string and returns it without quotes and escapes (RFC
// 9110, section 5.6.4).
func (s *Scanner) Quoted() (text string, ok bool) { return s.quoted(isQuotedByte) }

// quoted takes a quoted string of the bytes allowed.
func (s *Scanner) quoted(allowed func(byte) bool) (text string, ok bool) {
	if !s.Skip('"') {
		return "", false
	}
	var unescaped []byte // what comes before start, if there was an escape
	for start := s.pos; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '"':
			text = s.text[start:s.pos]
			s.pos++
			if unescaped != nil {
				text = string(append(unescaped, text...))
			}
			return text, true
		case '\\':
			unescaped = append(unescaped, s.text[start:s.pos]...)
			s.pos++
			start = s.pos
		}
		if s.Done() || !allowed(s.text[s.pos]) {
			return "", false
		}
	}
	return "", false
}

// TokenOrQuoted takes the value of a parameter, without quotes and escapes (RFC
// 9110, section 5.6.6).
func (s *Scanner) TokenOrQuoted() (text string, ok bool) {
	if s.NextIs('"') {
		return s.Quoted()
	}
	text = s.Token()
	return text, text != ""
}

// Weight takes a weight and returns it in thousandths, 0 to 1000: qvalue of
// RFC 9110, section 12.4.2.
func (s *Scanner) Weight() (thousandths int, ok bool) {
	if s.NextIs('.') {
		return 0, false
	}
	return s.LooseWeight()
}

// LooseWeight is Weight, but lets pass the ".5" of some clients, as Cowboy does.
func (s *Scanner) LooseWeight() (thousandths int, ok bool) {
	whole := s.While(IsDigit)
	var decimals string
	if s.Skip('.') {
		decimals = s.While(IsDigit)
	}
	if whole == "" && decimals != "" {
		whole = "0"
	}
	if whole != "0" && whole != "1" || len(decimals) > 3 {
		return 0, false
	}
	thousandths = 1000 * int(whole[0]-'0')
	for i, unit := 0, 100; i < len(decimals); i, unit = i+1, unit/10 {
		thousandths += unit * int(decimals[i]-'0')
	}
	if thousandths > 1000 {
		return 0, false
	}
	return thousandths, true
}

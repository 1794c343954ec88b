package httpgrammar

import "strings"

// space is OWS: optional white space (RFC 9110, section 5.6.3).
const space = " \t"

var tokenBytes = func() (table [256]bool) {
	for c := range table {
		b := byte(c)
		table[c] = IsDigit(b) || IsAlpha(b) || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
	}
	return table
}()

// IsTokenByte reports whether c may be in a token: tchar of RFC 9110, section
// 5.6.2.
func IsTokenByte(c byte) bool { return tokenBytes[c] }

// IsToken reports whether s is a token (RFC 9110, section 5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// IsAlpha reports whether c is an ASCII letter.
func IsAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isQuotedByte reports whether c may be in a quoted string, perhaps behind a
// backslash (RFC 9110, section 5.6.4).
func isQuotedByte(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }

// Decimal reads a number of 1 to 18 digits and nothing else.
func Decimal(digits string) (n int64, ok bool) {
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		if !IsDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	return n, true
}

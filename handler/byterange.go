package handler

import (
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Range is the value of a Range header (RFC 9110, section 14.2).
type Range struct {
	Unit  string      // such as "bytes", in lower case; "" without the header
	Bytes []ByteRange // of the unit bytes
	Spec  string      // what follows the "="; of other units it is all there is
}

// ByteRange is one range of bytes. First is negative for the last -First
// bytes; Last is included, and negative where the range is open.
type ByteRange struct {
	First, Last int64
}

// Resolve returns the first and the last byte of r in a body of size bytes,
// and whether it is satisfiable there (RFC 9110, section 14.1.2): a last
// byte, or a suffix, that is beyond the body is cut to it.
func (r ByteRange) Resolve(size int64) (first, last int64, ok bool) {
	switch {
	case r.First < 0:
		return max(0, size+r.First), size - 1, size > 0
	case r.Last < 0 || r.Last >= size:
		return r.First, size - 1, r.First < size
	}
	return r.First, r.Last, r.First <= r.Last
}

func parseRange(value string) (r Range, ok bool) {
	s := httpgrammar.NewScanner(value)
	r.Unit = s.LowerToken()
	if r.Unit == "" || !s.Skip('=') {
		return r, false
	}
	r.Spec = s.Rest()
	if r.Unit == "bytes" {
		r.Bytes, ok = httpgrammar.List(r.Spec, byteRange)
		return r, ok
	}
	visible := func(c rune) bool { return c > ' ' && c < 0x7f }
	return r, r.Spec != "" && strings.IndexFunc(r.Spec, func(c rune) bool { return !visible(c) }) < 0
}

// byteRange takes 0-9, 9- or -9. A suffix of none, -0, is a range that
// nothing satisfies.
func byteRange(s *httpgrammar.Scanner) (r ByteRange, ok bool) {
	if s.Skip('-') {
		n, ok := s.Number()
		if n == 0 {
			return ByteRange{First: 1, Last: 0}, ok
		}
		return ByteRange{First: -n, Last: -1}, ok
	}
	if r.First, ok = s.Number(); !ok || !s.Skip('-') {
		return r, false
	}
	if rest := s.Rest(); rest == "" || !httpgrammar.IsDigit(rest[0]) {
		r.Last = -1
		return r, true
	}
	r.Last, ok = s.Number()
	return r, ok
}

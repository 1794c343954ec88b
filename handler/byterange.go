package handler

import "strings"

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
	s := &scanner{value}
	r.Unit = s.lowerToken()
	if r.Unit == "" || !s.skip('=') {
		return r, false
	}
	r.Spec = s.rest
	if r.Unit == "bytes" {
		r.Bytes, ok = list(r.Spec, (*scanner).byteRange)
		return r, ok
	}
	visible := func(c rune) bool { return c > ' ' && c < 0x7f }
	return r, r.Spec != "" && strings.IndexFunc(r.Spec, func(c rune) bool { return !visible(c) }) < 0
}

// byteRange takes 0-9, 9- or -9. A suffix of none, -0, is a range that
// nothing satisfies.
func (s *scanner) byteRange() (r ByteRange, ok bool) {
	if s.skip('-') {
		n, ok := s.number()
		if n == 0 {
			return ByteRange{First: 1, Last: 0}, ok
		}
		return ByteRange{First: -n, Last: -1}, ok
	}
	if r.First, ok = s.number(); !ok || !s.skip('-') {
		return r, false
	}
	if s.rest == "" || !isDigit(s.rest[0]) {
		r.Last = -1
		return r, true
	}
	r.Last, ok = s.number()
	return r, ok
}

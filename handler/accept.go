package handler

import "strings"

// MediaRange is an item of an Accept header (RFC 9110, section 12.5.1).
type MediaRange struct {
	MediaType         // "*" stands for any type or subtype
	Quality   int     // the weight in thousandths, 0 to 1000
	Ext       []Param // the parameters after the weight; of those without "=", the value is empty
}

// Weighted is an item of an Accept-Charset, Accept-Encoding or
// Accept-Language header.
type Weighted struct {
	Value   string // in lower case; "*" stands for any
	Quality int    // the weight in thousandths, 0 to 1000
}

func parseAccept(value string) ([]MediaRange, bool) {
	return list(value, (*scanner).mediaRange)
}

func parseWeighted(value string) ([]Weighted, bool) {
	return nonEmptyList(value, func(s *scanner) (Weighted, bool) { return s.weighted(s.lowerToken()) })
}

// parseEncodings is as parseWeighted, but an empty header is a value of its
// own: nothing but identity (RFC 9110, section 12.5.3).
func parseEncodings(value string) ([]Weighted, bool) {
	return list(value, func(s *scanner) (Weighted, bool) { return s.weighted(s.lowerToken()) })
}

func parseLanguages(value string) ([]Weighted, bool) {
	return nonEmptyList(value, func(s *scanner) (Weighted, bool) { return s.weighted(s.languageRange()) })
}

// mediaRange takes an item of Accept.
func (s *scanner) mediaRange() (m MediaRange, ok bool) {
	m.Quality = 1000
	if strings.HasPrefix(s.rest, "*;") { // as Cowboy does for clients that mean */*
		s.skip('*')
		m.Type, m.Subtype, ok = "*", "*", true
	} else {
		m.MediaType, ok = s.mediaType()
	}
	for ok && s.skipSpaced(';') {
		s.space()
		if rest, weight := strings.CutPrefix(s.rest, "q="); weight {
			s.rest = rest
			if m.Quality, ok = s.quality(); ok {
				m.Ext, ok = s.acceptExt()
			}
			return m, ok
		}
		var p Param
		if p, ok = s.param(); ok {
			m.Params = append(m.Params, p)
		}
	}
	return m, ok
}

// acceptExt takes the parameters after a weight.
func (s *scanner) acceptExt() (ext []Param, ok bool) {
	for ok = true; ok && s.skipSpaced(';'); {
		s.space()
		p := Param{Name: s.lowerToken()}
		if ok = p.Name != ""; ok && s.skip('=') {
			p.Value, ok = s.tokenOrQuoted()
		}
		ext = append(ext, p)
	}
	return ext, ok
}

// weighted takes the weight of value, where it has one.
func (s *scanner) weighted(value string) (w Weighted, ok bool) {
	w = Weighted{value, 1000}
	if value == "" || !s.skipSpaced(';') {
		return w, value != ""
	}
	s.space()
	rest, weight := strings.CutPrefix(s.rest, "q=")
	if !weight {
		return w, false
	}
	s.rest = rest
	w.Quality, ok = s.quality()
	return w, ok
}

// languageRange takes "*" or a tag such as en-us, in lower case (RFC 4647,
// section 2.1).
func (s *scanner) languageRange() string {
	if s.skip('*') {
		return "*"
	}
	tag := s.while(func(c byte) bool { return isAlpha(c) || isDigit(c) || c == '-' })
	for i, part := range strings.Split(tag, "-") {
		if part == "" || len(part) > 8 || i == 0 && strings.ContainsAny(part, "0123456789") {
			return ""
		}
	}
	return strings.ToLower(tag)
}

package handler

import (
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

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
	return httpgrammar.List(value, mediaRange)
}

func parseWeighted(value string) ([]Weighted, bool) {
	return httpgrammar.NonEmptyList(value, func(s *httpgrammar.Scanner) (Weighted, bool) { return weighted(s, s.LowerToken()) })
}

// parseEncodings is as parseWeighted, but an empty header is a value of its
// own: nothing but identity (RFC 9110, section 12.5.3).
func parseEncodings(value string) ([]Weighted, bool) {
	return httpgrammar.List(value, func(s *httpgrammar.Scanner) (Weighted, bool) { return weighted(s, s.LowerToken()) })
}

func parseLanguages(value string) ([]Weighted, bool) {
	return httpgrammar.NonEmptyList(value, func(s *httpgrammar.Scanner) (Weighted, bool) { return weighted(s, languageRange(s)) })
}

// mediaRange takes an item of Accept.
func mediaRange(s *httpgrammar.Scanner) (m MediaRange, ok bool) {
	m.Quality = 1000
	if strings.HasPrefix(s.Rest(), "*;") { // as Cowboy does for clients that mean */*
		s.Skip('*')
		m.Type, m.Subtype, ok = "*", "*", true
	} else {
		m.MediaType, ok = mediaType(s)
	}
	for ok && s.SkipSpaced(';') {
		s.Space()
		if s.SkipPrefix("q=") {
			if m.Quality, ok = s.LooseWeight(); ok {
				m.Ext, ok = acceptExt(s)
			}
			return m, ok
		}
		var p Param
		if p, ok = param(s); ok {
			m.Params = append(m.Params, p)
		}
	}
	return m, ok
}

// acceptExt takes the parameters after a weight.
func acceptExt(s *httpgrammar.Scanner) (ext []Param, ok bool) {
	for ok = true; ok && s.SkipSpaced(';'); {
		s.Space()
		p := Param{Name: s.LowerToken()}
		if ok = p.Name != ""; ok && s.Skip('=') {
			p.Value, ok = s.TokenOrQuoted()
		}
		ext = append(ext, p)
	}
	return ext, ok
}

// weighted takes the weight of value, where it has one.
func weighted(s *httpgrammar.Scanner, value string) (w Weighted, ok bool) {
	w = Weighted{value, 1000}
	if value == "" || !s.SkipSpaced(';') {
		return w, value != ""
	}
	s.Space()
	if !s.SkipPrefix("q=") {
		return w, false
	}
	w.Quality, ok = s.LooseWeight()
	return w, ok
}

// languageRange takes "*" or a tag such as en-us, in lower case (RFC 4647,
// section 2.1).
func languageRange(s *httpgrammar.Scanner) string {
	if s.Skip('*') {
		return "*"
	}
	tag := s.While(func(c byte) bool { return httpgrammar.IsAlpha(c) || httpgrammar.IsDigit(c) || c == '-' })
	for i, part := range strings.Split(tag, "-") {
		if part == "" || len(part) > 8 || i == 0 && strings.ContainsAny(part, "0123456789") {
			return ""
		}
	}
	return strings.ToLower(tag)
}

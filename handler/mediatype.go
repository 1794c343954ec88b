package handler

import (
	"slices"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Param is a parameter of a header's value, such as charset=utf-8.
type Param struct {
	Name  string // in lower case
	Value string // without quotes; of charset, in lower case
}

// MediaType is a media type such as text/html;level=1 (RFC 9110, section
// 8.3.1), or a range of them such as text/* in an Accept header.
type MediaType struct {
	Type, Subtype string // in lower case; "*" in a range
	Params        []Param
}

// ParseMediaType parses the value of a Content-Type header
// (cow_http_hd:parse_content_type/1).
func ParseMediaType(value string) (MediaType, error) {
	s := httpgrammar.NewScanner(value)
	m, ok := mediaType(&s)
	for ok && s.SkipSpaced(';') {
		var p Param
		if p, ok = param(&s); ok {
			m.Params = append(m.Params, p)
		}
	}
	if !ok || !s.End() {
		return MediaType{}, Errorf(400, "handler: %q is not a media type", value)
	}
	return m, nil
}

// Param returns the value of a parameter, or "".
func (m MediaType) Param(name string) string {
	for _, p := range m.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Is reports whether m is type/subtype, whatever its parameters.
func (m MediaType) Is(typ, subtype string) bool { return m.Type == typ && m.Subtype == subtype }

// Without returns m without the parameters of that name.
func (m MediaType) Without(name string) MediaType {
	m.Params = slices.DeleteFunc(slices.Clone(m.Params), func(p Param) bool { return p.Name == name })
	return m
}

// String returns m as it stands in a header; values that are no tokens are
// quoted.
func (m MediaType) String() string {
	if len(m.Params) == 0 {
		return m.Type + "/" + m.Subtype
	}
	var b strings.Builder
	b.WriteString(m.Type + "/" + m.Subtype)
	for _, p := range m.Params {
		b.WriteString(";" + p.Name + "=" + quoteUnlessToken(p.Value))
	}
	return b.String()
}

// quoteUnlessToken writes the value of a parameter.
func quoteUnlessToken(value string) string {
	if httpgrammar.IsToken(value) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// mediaType takes type/subtype.
func mediaType(s *httpgrammar.Scanner) (m MediaType, ok bool) {
	m.Type = s.LowerToken()
	if m.Type == "" || !s.Skip('/') {
		return m, false
	}
	m.Subtype = s.LowerToken()
	return m, m.Subtype != ""
}

// param takes name=value; in lower case all but values other than charset's.
func param(s *httpgrammar.Scanner) (p Param, ok bool) {
	s.Space()
	p.Name = s.LowerToken()
	if p.Name == "" || !s.Skip('=') {
		return p, false
	}
	if p.Value, ok = s.TokenOrQuoted(); p.Name == "charset" {
		p.Value = strings.ToLower(p.Value)
	}
	return p, ok
}

package deflate

import (
	"fmt"
	"strings"
)

// A HeaderError reports a malformed Sec-WebSocket-Extensions header. Answer the
// handshake with 400 Bad Request.
type HeaderError struct {
	Value  string // of the header
	Offset int    // byte of Value where parsing failed
	Want   string // description of valid input there
}

// Error quotes the header and says where it is malformed.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("deflate: malformed Sec-WebSocket-Extensions %q at byte %d: want %s", e.Value, e.Offset, e.Want)
}

// CheckHeader returns a *HeaderError if one of a request's
// Sec-WebSocket-Extensions headers is malformed. Negotiate does the same check.
func CheckHeader(values []string) error {
	_, err := parseHeader(values)
	return err
}

// extension is an offer.
type extension struct {
	name   string
	params []param
}

type param struct {
	name, value string
	hasValue    bool
}

// parseHeader parses the list of RFC 6455, section 9.1:
//
//	extension-list  = 1#extension
//	extension       = extension-token *( ";" extension-param )
//	extension-param = token [ "=" (token | quoted-string) ]
//
// Several headers are one list (RFC 9110, section 5.3). Empty elements are
// ignored (section 5.6.1).
func parseHeader(values []string) ([]extension, error) {
	var all []extension
	for _, v := range values {
		p := parser{text: v}
		p.space()
		for p.pos < len(v) {
			if !p.accept(',') {
				all = append(all, p.extension())
				if p.want == "" && p.pos < len(v) && !p.accept(',') {
					p.fail("a comma or a semicolon")
				}
			}
			if p.want != "" {
				return nil, &HeaderError{Value: v, Offset: p.wantAt, Want: p.want}
			}
			p.space()
		}
	}
	if len(values) > 0 && len(all) == 0 {
		return nil, &HeaderError{Value: values[0], Offset: len(values[0]), Want: "an extension"}
	}
	return all, nil
}

// parser parses one header. The first failure sets want and wantAt.
type parser struct {
	text   string
	pos    int
	want   string
	wantAt int
}

func (p *parser) fail(want string) {
	if p.want == "" {
		p.want, p.wantAt = want, p.pos
	}
}

// space skips spaces and tabs.
func (p *parser) space() {
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\t') {
		p.pos++
	}
}

// accept skips c and reports whether it was there.
func (p *parser) accept(c byte) bool {
	if p.pos == len(p.text) || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) extension() extension {
	e := extension{name: p.token("an extension's name")}
	for p.space(); p.want == "" && p.accept(';'); p.space() {
		p.space()
		e.params = append(e.params, p.param())
	}
	return e
}

func (p *parser) param() param {
	a := param{name: p.token("a parameter's name")}
	p.space()
	if p.want != "" || !p.accept('=') {
		return a
	}
	p.space()
	a.hasValue = true
	if p.pos < len(p.text) && p.text[p.pos] == '"' {
		a.value = p.quoted()
	} else {
		a.value = p.token("a parameter's value")
	}
	return a
}

// token parses a token (RFC 9110, section 5.6.2).
func (p *parser) token(want string) string {
	start := p.pos
	for p.pos < len(p.text) && isTokenByte(p.text[p.pos]) {
		p.pos++
	}
	if p.pos == start {
		p.fail(want)
	}
	return p.text[start:p.pos]
}

// quoted parses a quoted string (RFC 9110, section 5.6.4). "The value after
// quoted-string unescaping MUST conform to the 'token' ABNF" (RFC 6455,
// section 9.1).
func (p *parser) quoted() string {
	var value strings.Builder
	p.pos++
	for !p.accept('"') {
		p.accept('\\')
		if p.pos == len(p.text) || !isTokenByte(p.text[p.pos]) {
			p.fail("a token in quotes")
			return ""
		}
		value.WriteByte(p.text[p.pos])
		p.pos++
	}
	if value.Len() == 0 {
		p.fail("a token in quotes")
	}
	return value.String()
}

func isTokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

package httpgrammar

// Extension is an item of a Sec-WebSocket-Extensions header.
type Extension struct {
	Name   string
	Params []Param
}

// Param is a parameter of an Extension.
type Param struct {
	Name     string
	Value    string // without quotes and escapes
	HasValue bool   // whether it has a "="
}

// SyntaxError says where a header is malformed.
type SyntaxError struct {
	Value  string // of the header
	Offset int    // byte of Value where parsing failed
	Want   string // description of valid input there
}

// Extensions parses the list of RFC 6455, section 9.1:
//
//	extension-list  = 1#extension
//	extension       = extension-token *( ";" extension-param )
//	extension-param = token [ "=" (token | quoted-string) ]
//
// Several lines are one list (RFC 9110, section 5.3). Empty elements are
// ignored (section 5.6.1). Names keep their case.
func Extensions(lines []string) ([]Extension, *SyntaxError) {
	var all []Extension
	for _, line := range lines {
		s := NewScanner(line)
		for !s.End() {
			if s.Skip(',') {
				continue
			}
			e, want := s.extension()
			if want == "" && !s.Done() && !s.Skip(',') {
				want = "a comma or a semicolon"
			}
			if want != "" {
				return nil, &SyntaxError{Value: line, Offset: s.pos, Want: want}
			}
			all = append(all, e)
		}
	}
	if len(lines) > 0 && len(all) == 0 {
		return nil, &SyntaxError{Value: lines[0], Offset: len(lines[0]), Want: "an extension"}
	}
	return all, nil
}

// extension takes an extension and the white space behind it. If it fails, it
// says what it wants at the Offset.
func (s *Scanner) extension() (e Extension, want string) {
	if e.Name = s.Token(); e.Name == "" {
		return e, "an extension's name"
	}
	for want == "" && s.SkipSpaced(';') {
		s.Space()
		var p Param
		p, want = s.extensionParam()
		e.Params = append(e.Params, p)
	}
	return e, want
}

func (s *Scanner) extensionParam() (p Param, want string) {
	if p.Name = s.Token(); p.Name == "" {
		return p, "a parameter's name"
	}
	if !s.SkipSpaced('=') {
		return p, ""
	}
	s.Space()
	p.HasValue = true
	if s.NextIs('"') {
		// "The value after quoted-string unescaping MUST conform to the
		// 'token' ABNF" (RFC 6455, section 9.1).
		if p.Value, _ = s.quoted(IsTokenByte); p.Value == "" {
			want = "a token in quotes"
		}
	} else if p.Value = s.Token(); p.Value == "" {
		want = "a parameter's value"
	}
	return p, want
}

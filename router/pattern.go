package router

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Bounds of a pattern, far beyond any sensible one.
const (
	maxVariants = 256 // what the optional parts of one pattern may expand to
	maxNesting  = 32  // brackets within brackets
	maxWild     = 100 // bindings and [...] of one pattern; httprouter counts in a byte
)

// segment is what stands between two separators of a pattern.
type segment struct {
	kind   segmentKind
	text   string // a static segment's text, a binding's name
	offset int    // in the pattern
}

type segmentKind uint8

const (
	static  segmentKind = iota
	binding             // :name
	discard             // :_
	rest                // [...]
)

// wild reports whether the segment matches any text.
func (s segment) wild() bool { return s.kind == binding || s.kind == discard }

// fault is what is wrong with a pattern, and where.
type fault struct {
	offset int
	reason string
}

// syntax is what differs between the patterns of hosts and of paths.
type syntax struct {
	separator byte
	restFirst bool // [...] stands first, not last, and needs no separator
	check     func(text string) (reason string)
}

var (
	hostSyntax = syntax{separator: '.', restFirst: true, check: checkLabel}
	pathSyntax = syntax{separator: '/', check: checkPathSegment}
)

func checkLabel(text string) string {
	if text == "*" {
		return `"*" is no wildcard in a host; ":_" matches one label, "[...]" any number`
	}
	return ""
}

func checkPathSegment(text string) string {
	if text == "." || text == ".." {
		return fmt.Sprintf("a segment %q can never match: it is removed from every request's path", text)
	}
	return ""
}

// parse returns the variants of a pattern, those without an optional part
// before those with it, each in the order in which it is written.
func (s syntax) parse(pattern string) (variants [][]segment, faults []fault) {
	p := parser{syntax: s, text: pattern}
	parts := p.parts(0, -1)
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	if count(parts) > maxVariants {
		return nil, []fault{{strings.IndexByte(pattern, '['), fmt.Sprintf(
			"the optional parts make more than %d variants", maxVariants)}}
	}
	for _, parts := range expand(nil, parts) {
		variants = append(variants, p.join(parts))
	}
	return variants, p.faults
}

// part is a piece of a pattern: a segment, a separator or, with brackets
// around them, several parts.
type part struct {
	kind partKind
	segment
	optional []part
}

type partKind uint8

const (
	segmentPart partKind = iota
	separatorPart
	optionalPart
)

type parser struct {
	syntax
	text   string
	pos    int
	faults []fault
}

func (p *parser) fault(offset int, format string, args ...any) {
	f := fault{offset, fmt.Sprintf(format, args...)}
	if !slices.Contains(p.faults, f) {
		p.faults = append(p.faults, f)
	}
}

// parts reads up to the end, or up to the "]" of the bracket at offset open.
func (p *parser) parts(depth, open int) (parts []part) {
	for p.pos < len(p.text) {
		start := p.pos
		switch {
		case p.text[start] == p.separator:
			p.pos++
			parts = append(parts, part{kind: separatorPart})
		case strings.HasPrefix(p.text[start:], "[...]"):
			p.pos += len("[...]")
			parts = append(parts, part{segment: segment{rest, "", start}})
		case p.text[start] == '[':
			parts = append(parts, p.optionalPart(depth))
		case p.text[start] == ']':
			p.pos++
			if open >= 0 {
				return parts
			}
			p.fault(start, `"]" without "["`)
		default:
			parts = append(parts, part{segment: p.segment()})
		}
	}
	if open >= 0 {
		p.fault(open, `"[" is never closed`)
	}
	return parts
}

func (p *parser) optionalPart(depth int) part {
	open := p.pos
	p.pos++
	if depth == maxNesting {
		p.fault(open, "brackets are nested deeper than %d", maxNesting)
		p.pos = len(p.text)
		return part{}
	}
	parts := p.parts(depth+1, open)
	if len(parts) == 0 && p.text[p.pos-1] == ']' {
		p.fault(open, "the brackets are empty")
	}
	return part{kind: optionalPart, optional: parts}
}

// segment reads a static segment or a binding.
func (p *parser) segment() segment {
	start := p.pos
	for p.pos < len(p.text) && strings.IndexByte("[]", p.text[p.pos]) < 0 && p.text[p.pos] != p.separator {
		p.pos++
	}
	text := p.text[start:p.pos]
	if text[0] == ':' {
		return p.binding(text[1:], start)
	}
	if reason := p.check(text); reason != "" {
		p.fault(start, "%s", reason)
	}
	return segment{static, text, start}
}

func (p *parser) binding(name string, start int) segment {
	switch {
	case name == "":
		p.fault(start, `":" without a name`)
	case name == "_":
		return segment{discard, "", start}
	}
	for i, r := range name {
		if r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			p.fault(start+1+i, "a binding is a whole segment and its name has letters, digits, \"_\" and \"-\" only, not %q", r)
			break
		}
	}
	return segment{binding, name, start}
}

// count returns how many variants the parts expand to, or a number over
// maxVariants.
func count(parts []part) int {
	n := 1
	for _, p := range parts {
		if p.kind == optionalPart {
			n *= 1 + count(p.optional)
		}
		if n > maxVariants {
			break
		}
	}
	return n
}

// expand returns the variants of parts, each with prefix before it.
func expand(prefix, parts []part) [][]part {
	for i, p := range parts {
		if p.kind == optionalPart {
			without := parts[i+1:]
			with := slices.Concat(p.optional, without)
			return append(expand(prefix, without), expand(prefix, with)...)
		}
		prefix = append(slices.Clip(prefix), p)
	}
	return [][]part{prefix}
}

// join makes the segments of a variant and checks how they stand together.
func (p *parser) join(parts []part) []segment {
	var segments []segment
	joined, wild := false, 0
	for _, part := range parts {
		if part.kind == separatorPart {
			joined = false
			continue
		}
		if joined {
			p.fault(part.offset, "%q is missing before this: a segment is either wholly inside the brackets or wholly outside", p.separator)
		}
		if part.segment.kind != static {
			wild++
		}
		joined = !(p.restFirst && part.segment.kind == rest)
		segments = append(segments, part.segment)
	}
	p.checkRest(segments)
	if wild > maxWild {
		p.fault(segments[len(segments)-1].offset, "the pattern has more than %d bindings", maxWild)
	}
	return segments
}

func (p *parser) checkRest(segments []segment) {
	allowed, where := len(segments)-1, "last in a path"
	if p.restFirst {
		allowed, where = 0, "first in a host"
	}
	for i, s := range segments {
		if s.kind == rest && i != allowed {
			p.fault(s.offset, "[...] must stand %s", where)
		}
	}
}

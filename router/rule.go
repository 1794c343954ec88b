package router

import (
	"slices"

	"github.com/cowhand/cowhand/handler"
	"github.com/julienschmidt/httprouter"
)

// rule is one variant of a path route, ready to be matched.
type rule struct {
	route    *PathRoute
	patterns *handler.Patterns
	any      bool // "_" or "*": no segments, whatever the path
	segments []segment
	rest     int // the index of the first segment that [...] takes, or -1
	wilds    int // how many of the segments are wild
	bindings bindings
}

// newRule returns the rule of a variant under a host that binds the names of
// outer.
func newRule(route *PathRoute, segments []segment, outer []string) *rule {
	r := &rule{route: route, rest: -1, segments: segments}
	if n := len(segments); n > 0 && segments[n-1].kind == rest {
		r.rest, r.segments = n-1, segments[:n-1]
	}
	for _, s := range r.segments {
		if s.wild() {
			r.wilds++
		}
	}
	r.bindings = newBindings(r.segments, namesOf(r.segments, outer), len(outer), route.conditions)
	return r
}

// namesOf returns the names of outer and then, in order, those of segments
// that are not among them.
func namesOf(segments []segment, outer []string) []string {
	names := slices.Clone(outer)
	for _, s := range segments {
		if s.kind == binding && !slices.Contains(names, s.text) {
			names = append(names, s.text)
		}
	}
	return names
}

// matched is what a match has of the request.
type matched struct {
	bindings           []handler.Binding
	hostInfo, pathInfo []string
}

// match fills m for a target whose key led to the rule, or reports that a
// binding or a constraint refuses it. outer are the bindings of the host.
func (r *rule) match(t *target, params httprouter.Params, outer []handler.Binding, m *matched) bool {
	if len(r.bindings.names) > 0 {
		values := make([]handler.Binding, len(r.bindings.names))
		copy(values, outer)
		if !r.bind(t, params, values) {
			return false
		}
		m.bindings = values
	}
	if r.rest >= 0 {
		m.pathInfo = r.pathInfo(t, params)
	}
	return true
}

func (r *rule) bind(t *target, params httprouter.Params, values []handler.Binding) bool {
	for _, c := range r.bindings.captures {
		var text string
		if t.segments == nil {
			text = params[c.wild].Value
		} else {
			text = t.segments[c.segment]
		}
		if !r.bindings.set(values, c, text) {
			return false
		}
	}
	return r.bindings.constrain(values)
}

func (r *rule) pathInfo(t *target, params httprouter.Params) []string {
	switch {
	case t.segments != nil:
		return t.segments[r.rest:]
	case r.rest == 0:
		return restOf(t.key)
	case len(params) > r.wilds:
		return restOf(params[r.wilds].Value)
	}
	return []string{}
}

// bindings is how a rule fills the bindings of a route.
type bindings struct {
	names      []string // of all, those from outside first
	captures   []capture
	conditions []bound
	own        int // names before this come from outside and have values already
}

// capture is a segment that is kept, or compared where its name is there
// already.
type capture struct {
	segment, wild int // its index among all the segments, and among the wild ones
	binding       int // its index among the names
	repeated      bool
}

// bound is a condition on the binding of that index.
type bound struct {
	binding     int
	constraints []Constraint
}

// newBindings returns the bindings of segments, whose names are those of
// namesOf: the first outer of them come from outside.
func newBindings(segments []segment, names []string, outer int, conditions []condition) bindings {
	b := bindings{names: names, own: outer}
	seen := slices.Clone(names[:outer])
	wild := 0
	for i, s := range segments {
		if s.kind == binding {
			b.captures = append(b.captures, capture{i, wild, slices.Index(names, s.text), slices.Contains(seen, s.text)})
			seen = append(seen, s.text)
		}
		if s.wild() {
			wild++
		}
	}
	for _, c := range conditions {
		if i := slices.Index(b.names, c.name); i >= 0 {
			b.conditions = append(b.conditions, bound{i, c.constraints})
		}
	}
	return b
}

// set gives a binding its text, or compares it with that of the same name.
func (b *bindings) set(values []handler.Binding, c capture, text string) bool {
	if c.repeated {
		return values[c.binding].Text == text
	}
	values[c.binding] = handler.Binding{Name: b.names[c.binding], Text: text}
	return true
}

// constrain applies the conditions and gives each binding that none converts
// its text for a value.
func (b *bindings) constrain(values []handler.Binding) bool {
	for _, c := range b.conditions {
		if !convert(&values[c.binding], c.constraints) {
			return false
		}
	}
	for i := b.own; i < len(values); i++ {
		if values[i].Value == nil {
			values[i].Value = values[i].Text
		}
	}
	return true
}

func convert(b *handler.Binding, constraints []Constraint) bool {
	for _, c := range constraints {
		if c, ok := c.(textual); ok && b.Value == nil {
			if b.Value, ok = c.forwardText(b.Text); !ok {
				return false
			}
			continue
		}
		value := b.Value
		if value == nil {
			value = b.Text
		}
		value, err := c.Forward(value)
		if err != nil {
			return false
		}
		if value != nil {
			b.Value = value
		}
	}
	return true
}

package router

import (
	"slices"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// hosts is the host routes, ready to be looked up. Hosts are few, and those
// that are plain names wait in a map, so the others are tried one by one.
type hosts struct {
	rules  []*hostRule
	names  map[string]int // the first rule of each plain name
	others []int          // the rules that are no plain names, in order
}

// hostRule is one variant of a host route, ready to be matched.
type hostRule struct {
	pattern  string
	any      bool
	segments []segment // from the last label to the first
	rest     bool
	bindings bindings
	paths    *table
}

// newHostRule returns the rule of a variant, without its paths.
func newHostRule(route *HostRoute, segments []segment) *hostRule {
	h := &hostRule{pattern: route.pattern, segments: slices.Clone(segments)}
	slices.Reverse(h.segments)
	if n := len(h.segments); n > 0 && h.segments[n-1].kind == rest {
		h.rest, h.segments = true, h.segments[:n-1]
	}
	for i, s := range h.segments {
		if s.kind == static {
			h.segments[i].text = lower(s.text)
		}
	}
	h.bindings = newBindings(h.segments, namesOf(segments, nil), 0, route.conditions)
	return h
}

// name returns the host name that alone matches the rule, if there is one.
func (h *hostRule) name() (name string, ok bool) {
	if h.any || h.rest {
		return "", false
	}
	labels := make([]string, 0, len(h.segments))
	for _, s := range slices.Backward(h.segments) {
		if s.wild() {
			return "", false
		}
		labels = append(labels, s.text)
	}
	return strings.Join(labels, "."), true
}

func newHosts(rules []*hostRule) hosts {
	h := hosts{rules: rules, names: map[string]int{}}
	for i, rule := range rules {
		name, ok := rule.name()
		if !ok {
			h.others = append(h.others, i)
		} else if _, taken := h.names[name]; !taken {
			h.names[name] = i
		}
	}
	return h
}

// first is the rule that matches whatever the host, if the first one does.
func (h *hosts) first() *hostRule {
	if len(h.rules) > 0 && h.rules[0].any {
		return h.rules[0]
	}
	return nil
}

// named is the rule of a host that is a plain name, if no other rule is before
// it.
func (h *hosts) named(host string) *hostRule {
	if i, ok := h.names[host]; ok && (len(h.others) == 0 || i < h.others[0]) {
		return h.rules[i]
	}
	return nil
}

// find returns the first rule that matches the normal host, its bindings appended to
// values, and the labels of its [...].
func (h *hosts) find(host string, values []handler.Binding) (*hostRule, []handler.Binding, []string) {
	named, ok := h.names[host]
	if !ok {
		named = len(h.rules)
	}
	if len(h.others) > 0 {
		var space [8]string
		labels := appendLabels(space[:0], host)
		for _, i := range h.others {
			if i > named {
				break
			}
			if values, ok := h.rules[i].match(labels, values); ok {
				return h.rules[i], values, h.rules[i].info(labels)
			}
		}
	}
	if ok {
		return h.rules[named], nil, nil
	}
	return nil, nil, nil
}

// match compares labels, from the last to the first; they are nil where the
// host is no list of labels.
func (h *hostRule) match(labels []string, values []handler.Binding) ([]handler.Binding, bool) {
	if h.any {
		return nil, true
	}
	n := len(h.segments)
	if labels == nil || len(labels) < n || len(labels) > n && !h.rest {
		return nil, false
	}
	for i, s := range h.segments {
		if s.kind == static && s.text != labels[i] {
			return nil, false
		}
	}
	values = append(values, make([]handler.Binding, len(h.bindings.names))...)
	for _, c := range h.bindings.captures {
		if !h.bindings.set(values, c, labels[c.segment]) {
			return nil, false
		}
	}
	return values, h.bindings.constrain(values)
}

// info returns the labels that [...] matched, in the order of the host.
func (h *hostRule) info(labels []string) []string {
	if !h.rest {
		return nil
	}
	info := append([]string{}, labels[len(h.segments):]...)
	slices.Reverse(info)
	return info
}

// normalHost returns host in lower case and without the dots at its ends.
func normalHost(host string) string {
	return lower(strings.TrimSuffix(strings.TrimPrefix(host, "."), "."))
}

// lower returns text with its ASCII letters in lower case: hosts are compared
// so (RFC 9110, section 4.2.3), and other letters are no part of a host name.
func lower(text string) string {
	i := 0
	for i < len(text) && (text[i] < 'A' || text[i] > 'Z') {
		i++
	}
	if i == len(text) {
		return text
	}
	b := []byte(text)
	for ; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// appendLabels appends the labels of a normal host, from the last to the
// first; it returns nil where one of them is empty.
func appendLabels(labels []string, host string) []string {
	for host != "" {
		dot := strings.LastIndexByte(host, '.')
		label := host[dot+1:]
		if label == "" || dot == 0 {
			return nil
		}
		labels = append(labels, label)
		host = host[:max(dot, 0)]
	}
	return labels
}

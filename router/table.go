package router

import (
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// table is the path routes of a host, ready to be looked up.
type table struct {
	trees []tree
	star  []*rule // what answers the path "*", in order

	// wildcards is whether a static segment has a ":" or a "*" in it, so
	// that those must be told apart from a tree's wildcards.
	wildcards bool
}

// newTable packs rules, in order, into trees.
func newTable(rules []*rule) *table {
	t := new(table)
	var p packer
	for _, r := range rules {
		switch {
		case r.any:
			t.star = append(t.star, r)
			if r.route.pattern == "*" {
				continue
			}
			p.add(r, shape{more: true})
		case r.rest < 0:
			p.add(r, shape{segments: r.segments})
		case r.rest == 0:
			p.add(r, shape{more: true})
		default:
			p.add(r, shape{segments: r.segments})
			p.add(r, shape{segments: r.segments, more: true})
		}
		for _, s := range r.segments {
			t.wildcards = t.wildcards || s.kind == static && strings.ContainsAny(s.text, ":*")
		}
	}
	for _, leaves := range p.trees {
		t.trees = append(t.trees, newTree(leaves))
	}
	return t
}

// find returns the first rule that matches path, and fills m. outer are
// the bindings of the host.
func (t *table) find(path string, outer []handler.Binding, m *matched) (*rule, error) {
	if path == "*" {
		return t.findStar(outer, m)
	}
	target, ok := newTarget(path, t.wildcards)
	if !ok {
		return nil, badPath(path)
	}
	for i := range t.trees {
		leaf, params := t.trees[i].lookup(target.key)
		if leaf == nil {
			continue
		}
		for _, r := range leaf.rules {
			if r.match(&target, params, outer, m) {
				return r, nil
			}
		}
	}
	return nil, noPath(path)
}

func (t *table) findStar(outer []handler.Binding, m *matched) (*rule, error) {
	for _, r := range t.star {
		if r.match(new(target), nil, outer, m) {
			return r, nil
		}
	}
	return nil, noPath("*")
}

package router

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/julienschmidt/httprouter"
)

// A tree of httprouter has no order and never goes back: of the patterns in
// it, at most one matches a key. So patterns that have a key in common are
// kept in different trees, and the trees are asked in turn. Two rules with a
// key in common never stand in trees against their order, which is what makes
// the first match of the trees the first match of the table. Rules that share
// no key need not keep their order, so /users/me, /users/:id, /posts/new and
// /posts/:id make two trees, not four.

// shape is a set of keys as a tree can hold it: that of a rule, or half of it
// where the rule ends in [...].
type shape struct {
	segments []segment // static, binding or discard
	more     bool      // any further segments: one at least, but at the root none at least
}

// key returns the shape as httprouter writes it. All wildcards have one name,
// so that two bindings in one place do not conflict.
func (s shape) key() string {
	var b []byte
	for _, segment := range s.segments {
		b = append(b, '/')
		if segment.wild() {
			b = append(b, ":w"...)
		} else {
			b = appendKey(b, segment.text, true)
		}
	}
	if s.more {
		return string(b) + "/*w"
	}
	if len(b) == 0 {
		return "/"
	}
	return string(b)
}

// relation is how two shapes stand to each other.
type relation uint8

const (
	apart    relation = iota // no key in common; one tree can hold both
	clash                    // no key in common, but no tree holds both
	overlaps                 // they have keys in common
	same                     // they are equal
)

// relate compares two shapes segment by segment, as a tree does.
func relate(a, b shape) relation {
	n := min(len(a.segments), len(b.segments))
	result := apart
	for i := range n {
		x, y := a.segments[i], b.segments[i]
		switch {
		case x.wild() && y.wild():
		case x.wild() || y.wild():
			result = clash
		case x.text != y.text:
			return result
		}
	}
	longA, longB := len(a.segments) > n, len(b.segments) > n
	switch {
	case longA && b.more, longB && a.more:
		return overlaps
	case longA || longB:
		return result
	case a.more != b.more && n > 0:
		return result
	case a.more != b.more || result == clash: // the former: "/" and "/*w"
		return overlaps
	}
	return same
}

// packer puts the rules of a table into trees, in order.
type packer struct {
	trees   []map[string]*leaf
	entries []entry
}

type entry struct {
	shape
	tree int
}

// add puts rule, the next of the table, into the first tree that can hold the
// shape and is not before one with an earlier rule for some of the same keys.
func (p *packer) add(r *rule, s shape) {
	first := 0
	closed := make([]bool, len(p.trees)+1)
	for _, e := range p.entries {
		relation := relate(e.shape, s)
		if relation >= overlaps {
			first = max(first, e.tree)
		}
		if relation == clash || relation == overlaps {
			closed[e.tree] = true
		}
	}
	p.put(first+slices.Index(closed[first:], false), r, s)
}

func (p *packer) put(tree int, r *rule, s shape) {
	if tree == len(p.trees) {
		p.trees = append(p.trees, map[string]*leaf{})
	}
	key := s.key()
	l := p.trees[tree][key]
	if l == nil {
		l = new(leaf)
		p.trees[tree][key] = l
		p.entries = append(p.entries, entry{s, tree})
	}
	l.rules = append(l.rules, r)
}

// leaf is the rules of one shape, in order.
type leaf struct{ rules []*rule }

// tree finds the leaf of a key.
type tree struct {
	routes *httprouter.Router
	any    *leaf // the only leaf, of a tree that every key matches
}

// method is what the leaves are registered under; the router does not tell
// methods apart.
const method = http.MethodGet

func newTree(leaves map[string]*leaf) tree {
	if l := leaves["/*w"]; l != nil {
		return tree{any: l}
	}
	routes := httprouter.New()
	for _, key := range slices.Sorted(maps.Keys(leaves)) {
		routes.Handle(method, key, leaves[key].found)
	}
	return tree{routes: routes}
}

// lookup returns the leaf of key and its wildcards, or nil.
func (t *tree) lookup(key string) (*leaf, httprouter.Params) {
	if t.any != nil {
		return t.any, nil
	}
	found, params, _ := t.routes.Lookup(method, key)
	if found == nil {
		return nil, nil
	}
	p := probes.Get().(*probe)
	found(p, nil, nil)
	l := p.leaf
	probes.Put(p)
	return l, params
}

// probe learns from a leaf's handle which leaf it belongs to: httprouter
// gives out functions, and a function tells who it is only when called.
type probe struct {
	http.ResponseWriter // none; it makes the probe one
	leaf                *leaf
}

var probes = sync.Pool{New: func() any { return new(probe) }}

func (l *leaf) found(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
	w.(*probe).leaf = l
}

// restOf returns the segments of what a "/*w" matched.
func restOf(key string) []string {
	if len(key) <= 1 {
		return []string{}
	}
	return strings.Split(key[1:], "/")
}

package router

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// Compile makes routes ready to be matched (cowboy_router:compile/1). The
// error joins a [*RouteError] for each fault, in the order of the routes. A
// handler with the method Validate() error, such as that of websocket.Handle,
// is asked once for each of its routes; its error is a fault.
func Compile(routes ...HostRoute) (*Dispatch, error) {
	var c compiler
	for i := range routes {
		c.host(&routes[i])
	}
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return &Dispatch{newHosts(c.rules)}, nil
}

// MustCompile is Compile for routes that are part of the program: it panics
// where Compile returns an error.
func MustCompile(routes ...HostRoute) *Dispatch {
	d, err := Compile(routes...)
	if err != nil {
		panic(err)
	}
	return d
}

type compiler struct {
	rules  []*hostRule
	faults []error
}

// host compiles a host route and its paths.
func (c *compiler) host(route *HostRoute) {
	rules, faults := parseHost(route)
	for _, f := range faults {
		c.faults = append(c.faults, &RouteError{Host: route.pattern, Offset: f.offset, Reason: f.reason})
	}
	var names []string
	for _, h := range rules {
		names = append(names, h.bindings.names...)
	}
	if len(faults) == 0 {
		for _, reason := range checkConditions(route.conditions, names) {
			c.faults = append(c.faults, &RouteError{Host: route.pattern, Offset: -1, Reason: reason})
		}
	}
	paths := c.paths(route, names, len(faults) == 0)
	if len(c.faults) > 0 {
		return
	}
	tables := map[string]*table{} // by the names that the host binds
	for _, h := range rules {
		key := strings.Join(h.bindings.names, "/")
		if tables[key] == nil {
			tables[key] = newTable(pathRules(route.pattern, paths, h.bindings.names))
		}
		h.paths = tables[key]
	}
	c.rules = append(c.rules, rules...)
}

func parseHost(route *HostRoute) ([]*hostRule, []fault) {
	switch route.pattern {
	case "":
		return nil, []fault{{0, `the pattern is empty; "_" matches any host`}}
	case "_":
		return []*hostRule{{pattern: "_", any: true}}, nil
	}
	variants, faults := hostSyntax.parse(route.pattern)
	rules := make([]*hostRule, 0, len(variants))
	for _, segments := range variants {
		rules = append(rules, newHostRule(route, segments))
	}
	return rules, faults
}

// parsedPath is a path route and its variants.
type parsedPath struct {
	route    *PathRoute
	any      bool
	variants [][]segment
}

// paths checks the paths of a host that binds names. Where the host is at
// fault its names are not known, and constraints are not checked.
func (c *compiler) paths(host *HostRoute, names []string, hostKnown bool) []parsedPath {
	paths := make([]parsedPath, 0, len(host.paths))
	for i := range host.paths {
		path, faults := parsePath(&host.paths[i])
		if isNil(path.route.handler) {
			faults = append(faults, fault{-1, "the handler is nil"})
		} else if reason := wrong(path.route.handler); reason != "" {
			faults = append(faults, fault{-1, reason})
		}
		if hostKnown && path.variants != nil {
			for _, reason := range checkConditions(path.route.conditions, slices.Concat(names, path.names())) {
				faults = append(faults, fault{-1, reason})
			}
		}
		for _, f := range faults {
			c.faults = append(c.faults, &RouteError{
				Host: host.pattern, Path: path.route.pattern, InPath: true, Offset: f.offset, Reason: f.reason})
		}
		paths = append(paths, path)
	}
	return paths
}

func parsePath(route *PathRoute) (parsedPath, []fault) {
	path := parsedPath{route: route}
	switch {
	case route.pattern == "_" || route.pattern == "*":
		path.any, path.variants = true, [][]segment{nil}
		return path, nil
	case !strings.HasPrefix(route.pattern, "/"):
		return path, []fault{{0, `a path begins with "/"; "_" matches any path and "*" that of OPTIONS *`}}
	}
	var faults []fault
	path.variants, faults = pathSyntax.parse(route.pattern)
	return path, faults
}

// names returns the names that the variants bind.
func (p *parsedPath) names() (names []string) {
	for _, segments := range p.variants {
		for _, s := range segments {
			if s.kind == binding {
				names = append(names, s.text)
			}
		}
	}
	return names
}

// pathRules returns the rules of the paths under a host of that pattern, which
// binds names.
func pathRules(host string, paths []parsedPath, names []string) (rules []*rule) {
	for _, p := range paths {
		patterns := handler.NewPatterns(host, p.route.pattern)
		for _, segments := range p.variants {
			r := newRule(p.route, segments, names)
			r.any, r.patterns = p.any, patterns
			rules = append(rules, r)
		}
	}
	return rules
}

// checkConditions says what is wrong with the constraints of a route that
// binds names.
func checkConditions(conditions []condition, names []string) (reasons []string) {
	for _, c := range conditions {
		if !slices.Contains(names, c.name) {
			reasons = append(reasons, fmt.Sprintf("a constraint is on %q, which the route does not bind", c.name))
		}
		for i, constraint := range c.constraints {
			if reason := wrong(constraint); reason != "" {
				reasons = append(reasons, fmt.Sprintf("constraint %d on %q: %s", i+1, c.name, reason))
			}
		}
	}
	return reasons
}

// wrong says why a handler or a constraint will not work.
func wrong(part any) string {
	if part == nil {
		return "it is nil"
	}
	if v, ok := part.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return err.Error()
		}
	}
	return ""
}

// isNil reports whether h is nothing that can be called. A nil pointer may
// well have methods, so it is let through.
func isNil(h handler.Handler) bool {
	f, isFunc := h.(handler.Func)
	return h == nil || isFunc && f == nil
}

package router_test

import (
	"net/url"
	"slices"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
)

// The reference: routes matched one by one and segment by segment, with
// nothing clever about it. It is what the router must be equal to.

type plainHost struct {
	pattern string
	where   []plainWhere
	paths   []plainPath
}

type plainPath struct {
	pattern string
	where   []plainWhere
	handler handler.Handler
}

type plainWhere struct {
	name        string
	constraints []router.Constraint
}

// routes returns the table for the router.
func routes(hosts []plainHost) (routes []router.HostRoute) {
	for _, h := range hosts {
		var paths []router.PathRoute
		for _, p := range h.paths {
			path := router.Path(p.pattern, p.handler)
			for _, w := range p.where {
				path = path.Where(w.name, w.constraints...)
			}
			paths = append(paths, path)
		}
		host := router.Host(h.pattern, paths...)
		for _, w := range h.where {
			host = host.Where(w.name, w.constraints...)
		}
		routes = append(routes, host)
	}
	return routes
}

// plainResult is what a match comes to.
type plainResult struct {
	status  int // 0 for a match
	pattern string
	handler handler.Handler
	route   handler.Route
}

func plainMatch(hosts []plainHost, host, path string) plainResult {
	labels, isHost := plainLabels(host)
	for _, h := range hosts {
		if h.pattern == "_" {
			return plainPaths(h, path, handler.Route{})
		}
		for _, variant := range plainVariants(h.pattern) {
			tokens := plainTokens(variant, ".")
			for i, t := range tokens {
				if t[0] != ':' {
					tokens[i] = plainLower(t)
				}
			}
			slices.Reverse(tokens)
			bindings, info, ok := plainList(labels, tokens, nil)
			if !isHost || !ok || !plainConditions(h.where, bindings) {
				continue
			}
			slices.Reverse(info)
			return plainPaths(h, path, handler.Route{Bindings: bindings, HostInfo: info})
		}
	}
	return plainResult{status: 400}
}

func plainPaths(h plainHost, path string, route handler.Route) plainResult {
	segments, ok := plainSegments(path)
	if !ok && path != "*" {
		return plainResult{status: 400}
	}
	for _, p := range h.paths {
		if p.pattern == "_" || p.pattern == "*" {
			bindings := slices.Clone(route.Bindings)
			if (p.pattern == "_" || path == "*") && plainConditions(p.where, bindings) {
				route.Bindings = bindings
				return plainResult{0, p.pattern, p.handler, plainRoute(h, p, route)}
			}
			continue
		}
		for _, variant := range plainVariants(p.pattern) {
			bindings, info, ok := plainList(segments, plainTokens(variant, "/"), route.Bindings)
			if path != "*" && ok && plainConditions(p.where, bindings) {
				route.Bindings, route.PathInfo = bindings, info
				return plainResult{0, p.pattern, p.handler, plainRoute(h, p, route)}
			}
		}
	}
	return plainResult{status: 404}
}

// plainRoute is route with its patterns.
func plainRoute(h plainHost, p plainPath, route handler.Route) handler.Route {
	route.Pattern, route.HostPattern = p.pattern, h.pattern
	return route
}

// plainRest stands for [...] while brackets or dots are looked for.
const plainRest = "\x00the rest\x00"

// plainVariants writes the pattern out without and with each optional part.
func plainVariants(pattern string) []string {
	hidden := strings.ReplaceAll(pattern, "[...]", plainRest)
	open := strings.IndexByte(hidden, '[')
	if open < 0 {
		return []string{pattern}
	}
	closing, depth := open, 0
	for ; ; closing++ {
		if hidden[closing] == '[' {
			depth++
		} else if hidden[closing] == ']' {
			depth--
		}
		if depth == 0 {
			break
		}
	}
	before, inside, after := hidden[:open], hidden[open+1:closing], hidden[closing+1:]
	var variants []string
	for _, hidden := range []string{before + after, before + inside + after} {
		variants = append(variants, plainVariants(strings.ReplaceAll(hidden, plainRest, "[...]"))...)
	}
	return variants
}

// plainTokens splits a variant; empty tokens do not count.
func plainTokens(variant, separator string) (tokens []string) {
	hidden := strings.ReplaceAll(variant, "[...]", separator+plainRest+separator)
	for _, token := range strings.Split(hidden, separator) {
		if token == plainRest {
			token = "[...]"
		}
		if token != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// plainList compares a list of segments with tokens, and returns the bindings
// and what [...] took.
func plainList(list, tokens []string, outer []handler.Binding) (bindings []handler.Binding, info []string, ok bool) {
	bindings = slices.Clone(outer)
	for i, token := range tokens {
		if token == "[...]" {
			return bindings, append([]string{}, list[i:]...), true
		}
		if i == len(list) {
			return nil, nil, false
		}
		if token[0] != ':' {
			if token != list[i] {
				return nil, nil, false
			}
			continue
		}
		if token == ":_" {
			continue
		}
		known := slices.IndexFunc(bindings, func(b handler.Binding) bool { return b.Name == token[1:] })
		if known < 0 {
			bindings = append(bindings, handler.Binding{Name: token[1:], Text: list[i], Value: list[i]})
		} else if bindings[known].Text != list[i] {
			return nil, nil, false
		}
	}
	return bindings, nil, len(list) == len(tokens)
}

// plainConditions converts the bindings in place.
func plainConditions(where []plainWhere, bindings []handler.Binding) bool {
	for _, w := range where {
		for i, b := range bindings {
			if b.Name == w.name {
				value, err := router.Validate(b.Value, w.constraints...)
				if err != nil {
					return false
				}
				bindings[i].Value = value
			}
		}
	}
	return true
}

func plainSegments(path string) (segments []string, ok bool) {
	if !strings.HasPrefix(path, "/") {
		return nil, false
	}
	raw := strings.Split(path[1:], "/")
	if raw[len(raw)-1] == "" {
		raw = raw[:len(raw)-1]
	}
	for _, r := range raw {
		segment, err := url.PathUnescape(r)
		if err != nil {
			return nil, false
		}
		switch segment {
		case ".":
		case "..":
			if len(segments) > 0 {
				segments = segments[:len(segments)-1]
			}
		default:
			segments = append(segments, segment)
		}
	}
	return segments, true
}

func plainLabels(host string) (labels []string, ok bool) {
	host = strings.TrimSuffix(strings.TrimPrefix(plainLower(host), "."), ".")
	if host == "" {
		return nil, true
	}
	labels = strings.Split(host, ".")
	slices.Reverse(labels)
	return labels, !slices.Contains(labels, "")
}

func plainLower(text string) string {
	b := []byte(text)
	for i, c := range b {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ", c) >= 0 {
			b[i] = c + 32
		}
	}
	return string(b)
}

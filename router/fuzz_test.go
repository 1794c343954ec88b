package router_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// numbered is a handler that can be told from others.
type numbered int

func (numbered) Init(*handler.Request) (*handler.Upgrade, error) { return nil, nil }

// choices makes a table out of bytes, each of which decides one thing. When
// they run out the table ends.
type choices []byte

func (c *choices) next(n int) int {
	if len(*c) == 0 {
		return 0
	}
	b := (*c)[0]
	*c = (*c)[1:]
	return int(b) % n
}

func (c *choices) pick(from ...string) string { return from[c.next(len(from))] }

func (c *choices) table() (hosts []plainHost) {
	n := 0
	for len(*c) > 0 && len(hosts) < 6 {
		h := plainHost{pattern: c.pick("_", "_", "a.b", "A.b.", ":x.b", ":x.:y", ":_.b", "[...]b", "[...].a.b", "[...]",
			"[www.]a.b", "[:x.]a.b", "[:x.[:y.]]b", ":x.:x", ":tld")}
		h.where = c.where()
		for range c.next(12) {
			p := plainPath{pattern: c.path(), handler: numbered(n)}
			p.where = c.where()
			h.paths = append(h.paths, p)
			n++
		}
		hosts = append(hosts, h)
	}
	return hosts
}

func (c *choices) path() string {
	if n := c.next(16); n < 2 {
		return []string{"_", "*"}[n]
	}
	var b strings.Builder
	b.WriteByte('/')
	closing := 0
	for range c.next(5) {
		if c.next(5) == 0 {
			b.WriteByte('[')
			closing++
		}
		b.WriteString(c.pick("a", "b", "a", "b", "ab", "a:b", "*", "é", "a b", "%", "1", ":x", ":y", ":x", ":_", ":z"))
		if closing > 0 && c.next(2) == 0 {
			b.WriteByte(']')
			closing--
		}
		b.WriteByte('/')
	}
	if c.next(6) == 0 {
		b.WriteString("[...]")
	}
	b.WriteString(strings.Repeat("]", closing))
	return b.String()
}

func (c *choices) where() (where []plainWhere) {
	for range max(0, c.next(5)-3) {
		w := plainWhere{name: c.pick("x", "y")}
		switch c.next(3) {
		case 0:
			w.constraints = []router.Constraint{router.NonEmpty}
		case 1:
			w.constraints = []router.Constraint{router.Int}
		case 2:
			w.constraints = []router.Constraint{router.NonEmpty, router.Int}
		}
		where = append(where, w)
	}
	return where
}

// request makes a path that the table's patterns are likely to match.
func (c *choices) request() string {
	var b strings.Builder
	for range c.next(6) {
		b.WriteByte('/')
		b.WriteString(c.pick("a", "b", "a", "b", "ab", "1", "1", "", "a:b", "*", "%2A", "%61", "a%3ab", "%2F", "é", "%C3%A9",
			"a%20b", "%25", ".", "..", "%2e", "%2E%2e", ".a", "...", "%", "a%2"))
	}
	if b.Len() == 0 {
		return c.pick("/", "*", "", "a", "//")
	}
	return b.String() + c.pick("", "/")
}

func (c *choices) host() string {
	return c.pick("a.b", "A.B", "b.b", "1.b", "1.1", "www.a.b", "x.y.a.b", "", "b", "a.b.", ".a.b", "a..b", "[::1]", "127.0.0.1")
}

// requireEqual compares the router with the reference.
func requireEqual(t *testing.T, d *router.Dispatch, table []plainHost, host, path string) {
	t.Helper()
	want := plainMatch(table, host, path)
	match, err := d.Match(host, path)
	got := plainResult{pattern: match.Path, handler: match.Handler, route: match.Route}
	if err != nil {
		got.status = handler.StatusOf(err)
	}
	for _, bindings := range [][]handler.Binding{want.route.Bindings, got.route.Bindings} {
		slices.SortFunc(bindings, func(a, b handler.Binding) int { return strings.Compare(a.Name, b.Name) })
	}
	if len(want.route.Bindings) == 0 {
		want.route.Bindings = nil
	}
	if !reflect.DeepEqual(want, got) {
		require.Equal(t, want, got, "host %q, path %q, table %+v", host, path, table)
	}
}

// usable drops what Compile would refuse: constraints on names that the
// table's patterns do not bind, and patterns that are at fault.
func usable(hosts []plainHost) []plainHost {
	for i := range hosts {
		h := &hosts[i]
		h.where = bound(h.where, h.pattern)
		var paths []plainPath
		for _, p := range h.paths {
			if _, err := router.Compile(router.Host("_", router.Path(p.pattern, p.handler))); err == nil {
				p.where = bound(p.where, h.pattern, p.pattern)
				paths = append(paths, p)
			}
		}
		h.paths = paths
	}
	return hosts
}

func bound(where []plainWhere, patterns ...string) (kept []plainWhere) {
	for _, w := range where {
		if strings.Contains(strings.Join(patterns, "/"), ":"+w.name) {
			kept = append(kept, w)
		}
	}
	return kept
}

func FuzzMatch(f *testing.F) {
	for seed := range uint64(64) {
		f.Add(randomChoices(seed), "a.b", "/a/b")
	}
	for _, path := range []string{"/", "*", "", "//", "/a//b", "/a/./b/../c/", "/%61/b%2Fc", "/%", "/%zz", "/a:b/*", "/é/%C3%A9"} {
		f.Add(randomChoices(uint64(len(path))), "www.A.b.", path)
	}
	f.Fuzz(func(t *testing.T, data []byte, host, path string) {
		c := choices(data)
		table := usable(c.table())
		d, err := router.Compile(routes(table)...)
		require.NoError(t, err, "%+v", table)
		requireEqual(t, d, table, host, path)
		for range min(len(c), 20) {
			requireEqual(t, d, table, c.host(), c.request())
		}
	})
}

// TestMatchRandomTables does a bounded part of FuzzMatch's work in every run
// of the tests.
func TestMatchRandomTables(t *testing.T) {
	matched := 0
	for seed := range uint64(500) {
		c := choices(randomChoices(seed))
		table := usable(c.table())
		d, err := router.Compile(routes(table)...)
		require.NoError(t, err, "%+v", table)
		c = choices(randomChoices(^seed))
		for range 40 {
			host, path := c.host(), c.request()
			requireEqual(t, d, table, host, path)
			if plainMatch(table, host, path).status == 0 {
				matched++
			}
		}
	}
	assert.Greater(t, matched, 4_000, "the tables and the paths have too little to do with each other")
}

func randomChoices(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	data := make([]byte, 400)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{
		"_", "*", "", ".", "/", "//", "a.b", ".a.b.", "/a/b/", ":a.:b", "/:a/:b", "/:_", ":_", "/[...]", "[...]", "[...]a.b",
		"/[a/[b/]]c", "[www.]a", "/a[/b]", "/[a][b]", "/[", "/]", "/[]", "/:", "/a:b", "/:a:b", "/a[b]", "/[...]/a", "/.", "/..",
	} {
		f.Add(pattern, pattern)
	}
	f.Fuzz(func(t *testing.T, host, path string) {
		d, err := router.Compile(router.Host(host, router.Path(path, numbered(1))))
		if err != nil {
			requireFaults(t, err, host, path)
			return
		}
		table := []plainHost{{pattern: host, paths: []plainPath{{pattern: path, handler: numbered(1)}}}}
		requireEqual(t, d, table, host, path)
		requireEqual(t, d, table, plain(plainVariants(host)), plain(plainVariants(path)))
	})
}

// plain makes a request out of the longest variant of a pattern.
func plain(variants []string) string {
	longest := variants[len(variants)-1]
	return strings.ReplaceAll(strings.ReplaceAll(longest, "[...]", "rest"), "%", "%25")
}

func requireFaults(t *testing.T, err error, host, path string) {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%v", err)
	require.NotEmpty(t, joined.Unwrap())
	for _, err := range joined.Unwrap() {
		var fault *router.RouteError
		require.True(t, errors.As(err, &fault))
		pattern := host
		if fault.InPath {
			pattern = path
			require.Equal(t, path, fault.Path)
		}
		require.Equal(t, host, fault.Host)
		require.True(t, fault.Offset == 0 || fault.Offset > 0 && fault.Offset < len(pattern), "%v", err)
		require.NotEmpty(t, fault.Reason)
	}
}

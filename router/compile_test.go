package router_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompileRefusesPathPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern string
		offset  int
		reason  string
	}{
		{"", 0, `a path begins with "/"`},
		{"a/b", 0, `a path begins with "/"`},
		{"[/a]", 0, `a path begins with "/"`},
		{"/a/:", 3, `":" without a name`},
		{"/:/a", 1, `":" without a name`},
		{"/[:]", 2, `":" without a name`},
		{"/:id.json", 4, `not '.'`},
		{"/:a:b", 3, `not ':'`},
		{"/a[b", 2, `"[" is never closed`},
		{"/[a/[b]", 1, `"[" is never closed`},
		{"/a]", 2, `"]" without "["`},
		{"/[]", 1, "the brackets are empty"},
		{"/a[b]", 3, `'/' is missing before this`},
		{"/[a]b", 4, `'/' is missing before this`},
		{"/[a][b]", 5, `'/' is missing before this`},
		{"/hats[/page]s", 12, `'/' is missing before this`},
		{"/hats[...]", 5, `'/' is missing before this`},
		{"/:x[:y]", 4, `'/' is missing before this`},
		{"/[...]/a", 1, "[...] must stand last in a path"},
		{"/a/[...][/b]", 3, "[...] must stand last in a path"},
		{"/[...]/[...]", 1, "[...] must stand last in a path"},
		{"/a/../b", 3, `a segment ".." can never match`},
		{"/.", 1, `a segment "." can never match`},
		{"/" + strings.Repeat("[a/]", 9), 1, "more than 256 variants"},
		{"/" + strings.Repeat("[a/", 33) + strings.Repeat("]", 33), 1 + 3*32, "nested deeper than 32"},
		{strings.Repeat("/:_", 101), 1 + 3*100, "more than 100 bindings"},
	} {
		t.Run(test.pattern, func(t *testing.T) {
			_, err := router.Compile(router.Host("_", router.Path(test.pattern, numbered(0))))
			var fault *router.RouteError
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, "_", fault.Host)
			assert.Equal(t, test.pattern, fault.Path)
			assert.True(t, fault.InPath)
			assert.Equal(t, test.offset, fault.Offset)
			assert.Contains(t, fault.Reason, test.reason)
		})
	}
}

func TestCompileRefusesHostPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern string
		offset  int
		reason  string
	}{
		{"", 0, "the pattern is empty"},
		{":.org", 0, `":" without a name`},
		{"*.example.org", 0, `"*" is no wildcard in a host`},
		{"example.[...]", 8, "[...] must stand first in a host"},
		{"www[...]", 3, "[...] must stand first in a host"},
		{"[www]example.org", 5, `'.' is missing before this`},
		{"[www.example.org", 0, `"[" is never closed`},
		{":a_b/c.org", 4, `not '/'`},
	} {
		t.Run(test.pattern, func(t *testing.T) {
			_, err := router.Compile(router.Host(test.pattern, router.Path("/", numbered(0))))
			require.Error(t, err)
			var fault *router.RouteError
			for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
				require.ErrorAs(t, err, &fault)
				if strings.Contains(fault.Reason, test.reason) {
					break
				}
			}
			assert.Equal(t, test.pattern, fault.Host)
			assert.False(t, fault.InPath)
			assert.Equal(t, test.offset, fault.Offset)
			assert.Contains(t, fault.Reason, test.reason)
		})
	}
}

func TestCompileReportsEveryFault(t *testing.T) {
	_, err := router.Compile(
		router.Host("a]",
			router.Path("/:/:", numbered(0)).Where("of an unknown host", router.Int),
			router.Path("/good", numbered(0)),
		),
		router.Host("example.:tld",
			router.Path("/", nil),
			router.Path("/:id", handler.Func(nil)).Where("idd", router.Int).Where("tld", router.Int, nil),
			router.Path("/:id", numbered(0)).Where("id", router.Funcs[int, int]{}),
		).Where("id", router.Int),
	)
	assert.EqualError(t, err, strings.Join([]string{
		`router: host "a]", offset 1: "]" without "["`,
		`router: host "a]", path "/:/:", offset 1: ":" without a name`,
		`router: host "a]", path "/:/:", offset 3: ":" without a name`,
		`router: host "example.:tld": a constraint is on "id", which the route does not bind`,
		`router: host "example.:tld", path "/": the handler is nil`,
		`router: host "example.:tld", path "/:id": the handler is nil`,
		`router: host "example.:tld", path "/:id": a constraint is on "idd", which the route does not bind`,
		`router: host "example.:tld", path "/:id": constraint 2 on "tld": it is nil`,
		`router: host "example.:tld", path "/:id": constraint 1 on "id": the function To is nil; one is required`,
	}, "\n"))
}

func TestCompileRefusesConstraintsThatNothingBinds(t *testing.T) {
	for _, route := range []router.HostRoute{
		router.Host("_").Where("x", router.Int),
		router.Host("a.b", router.Path("/:x", numbered(0))).Where("x", router.Int),
		router.Host("_", router.Path("_", numbered(0)).Where("x", router.Int)),
		router.Host("_", router.Path("/:_", numbered(0)).Where("_", router.Int)),
	} {
		_, err := router.Compile(route)
		assert.ErrorContains(t, err, "which the route does not bind")
	}
}

// checked is a handler whose options are checked by Compile.
type checked struct {
	numbered
	err   error
	calls *int
}

func (c checked) Validate() error {
	*c.calls++
	return c.err
}

func TestCompileValidatesHandlers(t *testing.T) {
	var calls int
	bad := checked{1, errors.New("websocket: MaxFrameSize is -1"), &calls}
	_, err := router.Compile(router.Host("a.org", router.Path("/ws/[:room]", bad)))
	assert.EqualError(t, err, `router: host "a.org", path "/ws/[:room]": websocket: MaxFrameSize is -1`)
	var fault *router.RouteError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, -1, fault.Offset)
	assert.Equal(t, 1, calls, "once for the route, whatever its variants")

	good := checked{2, nil, &calls}
	d, err := router.Compile(router.Host("[www.]a.org", router.Path("/a", good), router.Path("/b", good)))
	require.NoError(t, err)
	assert.Equal(t, 3, calls, "once for each route")
	_, err = d.Match("a.org", "/a")
	require.NoError(t, err)
	assert.Equal(t, 3, calls, "never for a request")
}

func TestCompileRefusesConstraintsThatCannotWork(t *testing.T) {
	for want, c := range map[string]router.Constraint{
		"missing closing )":      router.Regexp("(a"),
		"unexpected )":           router.Regexp("a)(b"),
		"Length is -1 to 4":      router.Length(-1, 4),
		"Length is 5 to 4":       router.Length(5, 4),
		"OneOf has no texts":     router.OneOf(),
		"the function To is nil": router.Func[int, int](nil),
	} {
		_, err := router.Compile(router.Host("_", router.Path("/:x", numbered(0)).Where("x", router.NonEmpty, c)))
		assert.ErrorContains(t, err, `constraint 2 on "x": `)
		assert.ErrorContains(t, err, want)
		_, err = router.Validate("a", c)
		assert.Error(t, err, "without Compile it takes nothing: %s", want)
	}
}

func TestMustCompilePanics(t *testing.T) {
	assert.Panics(t, func() { router.MustCompile(router.Host("[")) })
}

// A route that is given a constraint leaves the one it was made from alone.
func TestWhereReturnsAnotherRoute(t *testing.T) {
	one := router.Path("/:id", numbered(0)).Where("id", router.NonEmpty)
	two := one.Where("id", router.Int)
	other := one.Where("id", router.Funcs[string, string]{To: func(s string) (string, error) { return s + "!", nil }})
	for route, want := range map[*router.PathRoute]any{&one: "7", &two: 7, &other: "7!"} {
		m, err := router.MustCompile(router.Host("_", *route)).Match("", "/7")
		require.NoError(t, err)
		assert.Equal(t, want, m.Route.Bindings[0].Value)
	}
}

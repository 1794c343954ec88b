package router_test

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// match describes what the host and path come to: the status, or the path
// pattern, the bindings and what [...] took.
func match(t *testing.T, d *router.Dispatch, host, path string) string {
	t.Helper()
	m, err := d.Match(host, path)
	if err != nil {
		return map[int]string{400: "400", 404: "404"}[handler.StatusOf(err)]
	}
	words := []string{m.Path}
	for _, b := range m.Route.Bindings {
		words = append(words, b.Name+"="+b.Text)
	}
	if m.Route.HostInfo != nil {
		words = append(words, "host("+strings.Join(m.Route.HostInfo, "|")+")")
	}
	if m.Route.PathInfo != nil {
		words = append(words, "path("+strings.Join(m.Route.PathInfo, "|")+")")
	}
	return strings.Join(words, " ")
}

func pathTable(t *testing.T, patterns ...string) *router.Dispatch {
	t.Helper()
	var paths []router.PathRoute
	for i, pattern := range patterns {
		paths = append(paths, router.Path(pattern, numbered(i)))
	}
	d, err := router.Compile(router.Host("_", paths...))
	require.NoError(t, err)
	return d
}

func TestPathPatterns(t *testing.T) {
	for _, test := range []struct {
		patterns, path, want string
	}{
		// Static segments, and the slash at the end.
		{"/", "/", "/"},
		{"/", "/a", "404"},
		{"/a/b", "/a/b", "/a/b"},
		{"/a/b", "/a/b/", "/a/b"},
		{"/a/b/", "/a/b", "/a/b/"},
		{"/a/b", "/a", "404"},
		{"/a/b", "/a/b/c", "404"},
		{"/a/b", "/A/b", "404"},
		{"/a//b", "/a/b", "/a//b"},

		// Empty segments of a request are segments.
		{"/a/b", "/a//b", "404"},
		{"/a/:x/b", "/a//b", "/a/:x/b x="},
		{"/a/:x", "/a/", "404"},
		{"/a/:x", "/a//", "/a/:x x="},
		{"/:x", "//", "/:x x="},
		{"/[...]", "//a//", "/[...] path(|a|)"},

		// Bindings.
		{"/:x", "/a", "/:x x=a"},
		{"/:x", "/", "404"},
		{"/:x/b/:y", "/a/b/c", "/:x/b/:y x=a y=c"},
		{"/a:x", "/a:x", "/a:x"},
		{"/a:x", "/ab", "404"},
		{"/a:x", "/a%3Ax", "/a:x"},
		{"/:_/:x", "/a/b", "/:_/:x x=b"},
		{"/:x", "/a:b*c", "/:x x=a:b*c"},
		{"/:x /a:b", "/a:b", "/:x x=a:b"},
		{"/a:b /:x", "/b*:", "/:x x=b*:"},
		{"/*", "/*", "/*"},
		{"/*", "/a", "404"},

		// A repeated binding has one text.
		{"/:x/:x", "/a/a", "/:x/:x x=a"},
		{"/:x/:x", "/a/b", "404"},
		{"/:x/:x", "/a/%61", "/:x/:x x=a"},
		{"/:x/:x /:x/:y", "/a/b", "/:x/:y x=a y=b"},
		{"/hats/:name/[:name]", "/hats/a", "/hats/:name/[:name] name=a"},
		{"/hats/:name/[:name]", "/hats/a/b", "404"},

		// Optional segments: the shorter variant first.
		{"/hats/[page/:number]", "/hats", "/hats/[page/:number]"},
		{"/hats/[page/:number]", "/hats/page", "404"},
		{"/hats/[page/:number]", "/hats/page/1", "/hats/[page/:number] number=1"},
		{"/hats[/page[/:number]]", "/hats/page", "/hats[/page[/:number]]"},
		{"/hats[/page[/:number]]", "/hats/page/1", "/hats[/page[/:number]] number=1"},
		{"/book/[:chapter]/[:page]", "/book/1", "/book/[:chapter]/[:page] page=1"},
		{"/book/[:chapter]/[:page]", "/book/1/2", "/book/[:chapter]/[:page] chapter=1 page=2"},
		{"/[a/]b", "/a/b", "/[a/]b"},
		{"/[a/]b", "/b", "/[a/]b"},
		{"/a[/[...]]", "/a", "/a[/[...]]"},
		{"/a[/[...]]", "/a/b", "/a[/[...]] path(b)"},

		// The rest.
		{"/files/[...]", "/files", "/files/[...] path()"},
		{"/files/[...]", "/files/", "/files/[...] path()"},
		{"/files/[...]", "/files/a/b", "/files/[...] path(a|b)"},
		{"/files/[...]", "/file", "404"},
		{"/[...]", "/", "/[...] path()"},
		{"/:x/[...]", "/a", "/:x/[...] x=a path()"},
		{"/:x/[...]", "/a/b/", "/:x/[...] x=a path(b)"},

		// Decoding and dot segments.
		{"/é/b", "/%C3%A9/%62", "/é/b"},
		{"/é", "/é", "/é"},
		{"/:x", "/a%2Fb", "/:x x=a/b"},
		{"/:x", "/a+b", "/:x x=a+b"},
		{"/:x", "/%00%ff", "/:x x=\x00\xff"},
		{"/100%", "/100%25", "/100%"},
		{"/%41", "/A", "404"},
		{"/%41", "/%2541", "/%41"},
		{"/a/[...]", "/b/../a/./c%2Fd/%2e", "/a/[...] path(c/d)"},
		{"/a", "/../%2E%2e/a", "/a"},
		{"/a", "/a//..", "/a"},
		{"/.a/:x", "/.a/...", "/.a/:x x=..."},
		{"/ /[...]", "/a/..", "/"},

		// Bad paths, whatever the table.
		{"_", "/%", "400"},
		{"_", "/a%2", "400"},
		{"_", "/%g0", "400"},
		{"_", "/a/%/..", "400"},
		{"_", "", "400"},
		{"_", "a", "400"},
		{"_", "*a", "400"},

		// The words.
		{"_", "/any/thing", "_"},
		{"_", "*", "_"},
		{"*", "*", "*"},
		{"*", "/*", "404"},
		{"/[...] /:x", "*", "404"},
		{"/[...] * _", "*", "*"},

		// Order.
		{"/a/:x /a/b", "/a/b", "/a/:x x=b"},
		{"/a/b /a/:x", "/a/b", "/a/b"},
		{"/a/b /a/:x", "/a/c", "/a/:x x=c"},
		{"/a/b /a/:x /a/c", "/a/c", "/a/:x x=c"},
		{"/:x/b /a/:y", "/a/b", "/:x/b x=a"},
		{"/:x/b /a/:y", "/a/c", "/a/:y y=c"},
		{"_ /a", "/a", "_"},
		{"/[...] /a", "/a", "/[...] path(a)"},
		{"/a /[...]", "/a", "/a"},
		{"/a/[...] /a", "/a", "/a/[...] path()"},
		{"/a/b/[...] /a/[...]", "/a/c", "/a/[...] path(c)"},
	} {
		t.Run(test.patterns+" "+test.path, func(t *testing.T) {
			d := pathTable(t, strings.Fields(test.patterns)...)
			assert.Equal(t, test.want, match(t, d, "localhost", test.path))
		})
	}
}

func TestHostPatterns(t *testing.T) {
	for _, test := range []struct {
		patterns, host, want string
	}{
		{"example.org", "example.org", "example.org"},
		{"example.org", "EXAMPLE.org", "example.org"},
		{"Example.ORG", "example.org", "Example.ORG"},
		{"example.org", "www.example.org", "400"},
		{"example.org", "org", "400"},
		{".example.org.", "example.org", ".example.org."},
		{"example.org", ".example.org.", "example.org"},
		{":sub.example.org", "WWW.example.org", ":sub.example.org sub=www"},
		{":sub.:name.org", "a.b.org", ":sub.:name.org sub=a name=b"},
		{":x.:x", "a.a", ":x.:x x=a"},
		{":x.:x", "a.b", "400"},
		{"ninenines.:_", "ninenines.eu", "ninenines.:_"},
		{"[www.]ninenines.eu", "ninenines.eu", "[www.]ninenines.eu"},
		{"[www.]ninenines.eu", "www.ninenines.eu", "[www.]ninenines.eu"},
		{"[www.]ninenines.eu", "ftp.ninenines.eu", "400"},
		{"[...]ninenines.eu", "ninenines.eu", "[...]ninenines.eu host()"},
		{"[...].ninenines.eu", "a.b.ninenines.eu", "[...].ninenines.eu host(a|b)"},
		{"[...]:tld", "a.b.c", "[...]:tld tld=c host(a|b)"},
		{"[...]", "", "[...] host()"},
		{":x", "[::1]", ":x x=[::1]"},
		{"a.b.c.d.e.f.g.:x.i.j", "a.b.c.d.e.f.g.h.i.j", "a.b.c.d.e.f.g.:x.i.j x=h"},
		{"[...].b", "a..b", "400"},
		{"[...].b _", "a..b", "_"},
		{":x", "", "400"},
		{"_", "", "_"},

		// Order, whether the hosts are plain names or not.
		{"a.b :x.b", "a.b", "a.b"},
		{":x.b a.b", "a.b", ":x.b x=a"},
		{"a.b A.b", "a.b", "a.b"},
		{"a.b _ c.d", "c.d", "_"},
		{"c.d _", "c.d", "c.d"},
	} {
		t.Run(test.patterns+" "+test.host, func(t *testing.T) {
			var hosts []router.HostRoute
			for _, pattern := range strings.Fields(test.patterns) {
				hosts = append(hosts, router.Host(pattern, router.Path("_", numbered(0))))
			}
			d, err := router.Compile(hosts...)
			require.NoError(t, err)
			got := match(t, d, test.host, "/")
			if m, err := d.Match(test.host, "/"); err == nil {
				got = strings.Replace(got, "_", m.Host, 1)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestOnlyThePathsOfTheFirstHostAreTried(t *testing.T) {
	d := router.MustCompile(
		router.Host("example.org", router.Path("/a", numbered(0))),
		router.Host("_", router.Path("/b", numbered(1))),
	)
	assert.Equal(t, "404", match(t, d, "example.org", "/b"))
	assert.Equal(t, "/b", match(t, d, "example.com", "/b"))
}

func TestBindingsAreEqualAcrossHostAndPath(t *testing.T) {
	d := router.MustCompile(router.Host(":user.example.org",
		router.Path("/:user/[...]", numbered(0)),
		router.Path("/:other", numbered(1)),
	))
	assert.Equal(t, "/:user/[...] user=joe path(a)", match(t, d, "joe.example.org", "/joe/a"))
	assert.Equal(t, "/:other user=joe other=mike", match(t, d, "joe.example.org", "/mike"))
	assert.Equal(t, "404", match(t, d, "joe.example.org", "/mike/a"))
}

// Cowboy compares with the converted value of the host, which no text of a
// path equals.
func TestBindingsAreEqualThoughOneIsConverted(t *testing.T) {
	d := router.MustCompile(router.Host(":n.example.org", router.Path("/:n", numbered(0))).Where("n", router.Int))
	m, err := d.Match("7.example.org", "/7")
	require.NoError(t, err)
	assert.Equal(t, []handler.Binding{{Name: "n", Text: "7", Value: 7}}, m.Route.Bindings)
	assert.Equal(t, "404", match(t, d, "7.example.org", "/07"))
}

func TestPathsOfAHostWhoseVariantsBindDifferently(t *testing.T) {
	d := router.MustCompile(router.Host("[:user.]example.org", router.Path("/:user", numbered(0))))
	assert.Equal(t, "/:user user=a", match(t, d, "example.org", "/a"))
	assert.Equal(t, "/:user user=a", match(t, d, "a.example.org", "/a"))
	assert.Equal(t, "404", match(t, d, "a.example.org", "/b"))
}

func TestMatchErrors(t *testing.T) {
	d := router.MustCompile(router.Host("example.org", router.Path("/", numbered(0))))
	for _, test := range []struct {
		host, path string
		cause      error
		text       string
	}{
		{"example.com", "/", router.ErrNoHost, `router: no route for the host "example.com"`},
		{"example.org", "/%", router.ErrBadPath, `router: bad path "/%"`},
		{"example.org", "/a", router.ErrNoPath, `router: no route for the path "/a"`},
	} {
		_, err := d.Match(test.host, test.path)
		require.ErrorIs(t, err, test.cause)
		assert.EqualError(t, err, test.text)
	}
}

func TestNoRoutes(t *testing.T) {
	assert.Equal(t, "400", match(t, router.MustCompile(), "a", "/"))
	assert.Equal(t, "404", match(t, router.MustCompile(router.Host("_")), "a", "/"))
	assert.Equal(t, "404", match(t, router.MustCompile(router.Host("_")), "a", "*"))
}

func TestDispatchSetsTheRoute(t *testing.T) {
	h := numbered(7)
	d := router.MustCompile(router.Host("[...]:name.org",
		router.Path("/users/:id/[...]", h).Where("id", router.Int)))
	req := request("GET", "http://www.Example.org:8080/users/42/a%2Fb/c?d=e")
	got, err := d.Dispatch(req)
	require.NoError(t, err)
	assert.Equal(t, h, got)
	assert.Equal(t, []handler.Binding{
		{Name: "name", Text: "example", Value: "example"}, {Name: "id", Text: "42", Value: 42}}, req.Bindings())
	assert.Equal(t, []string{"www"}, req.HostInfo())
	assert.Equal(t, []string{"a/b", "c"}, req.PathInfo())
	assert.Equal(t, "/users/:id/[...]", req.Route().Pattern)
	assert.Equal(t, "[...]:name.org", req.Route().HostPattern)

	id, ok := handler.BindingAs[int](req, "id")
	assert.True(t, ok)
	assert.Equal(t, 42, id)
}

func TestDispatchErrorsCarryAStatus(t *testing.T) {
	d := router.MustCompile(router.Host("_", router.Path("*", numbered(0))))
	_, err := d.Dispatch(request("GET", "/a"))
	assert.Equal(t, 404, handler.StatusOf(err))
	got, err := d.Dispatch(request("OPTIONS", "*"))
	require.NoError(t, err)
	assert.Equal(t, numbered(0), got)
}

// RFC 9112, section 3.2.4: the asterisk is the target of OPTIONS alone.
func TestAsteriskIsForOptions(t *testing.T) {
	for _, pattern := range []string{"*", "_"} {
		d := router.MustCompile(router.Host("_", router.Path(pattern, numbered(0))))
		_, err := d.Dispatch(request("OPTIONS", "*"))
		require.NoError(t, err)
		for _, method := range []string{"GET", "HEAD", "POST", "TRACE"} {
			_, err := d.Dispatch(request(method, "*"))
			assert.Equal(t, 400, handler.StatusOf(err), "%s * and the route %s", method, pattern)
			assert.ErrorIs(t, err, router.ErrBadPath)
		}
	}
}

func TestDispatchAllocatesNothingForPatterns(t *testing.T) {
	d := router.MustCompile(router.Host("a.org", router.Path("/a/b", numbered(0))))
	req := request("GET", "http://a.org/a/b")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := d.Dispatch(req); err != nil || req.Route().Pattern != "/a/b" {
			t.Error(req.Route(), err)
		}
	}))
}

func request(method, target string) *handler.Request {
	return handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest(method, target, nil), handler.Env{})
}

func TestLookupsAllocateOnlyWhatTheyReturn(t *testing.T) {
	d := pathTable(t, "/a/b", "/a/:x", "/a/:x/c")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := d.Match("localhost", "/a/b"); err != nil {
			t.Error(err)
		}
	}))
	// The bindings, the string in the interface, httprouter's parameters.
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, err := d.Match("localhost", "/a/some"); err != nil {
			t.Error(err)
		}
	}), 3.0)
}

func TestMatchFromManyGoroutines(t *testing.T) {
	d := pathTable(t, "/a/b", "/a/:x", "/c/:x/d", "/[...]")
	wants := map[string]string{"/a/b": "/a/b", "/a/c": "/a/:x x=c", "/c/1/d": "/c/:x/d x=1", "/e%2Ff": "/[...] path(e/f)"}
	var group sync.WaitGroup
	for path, want := range wants {
		group.Go(func() {
			for range 500 {
				assert.Equal(t, want, match(t, d, "localhost", path))
			}
		})
	}
	group.Wait()
}

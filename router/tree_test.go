package router

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func tableOf(t *testing.T, patterns ...string) *table {
	t.Helper()
	var paths []PathRoute
	for _, pattern := range patterns {
		paths = append(paths, Path(pattern, handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return nil, nil })))
	}
	d, err := Compile(Host("_", paths...))
	require.NoError(t, err)
	return d.hosts.rules[0].paths
}

// A table without conflicts is one tree, and conflicts make as many trees as
// there are routes for one path, not more.
func TestRulesArePackedIntoFewTrees(t *testing.T) {
	for _, test := range []struct {
		patterns string
		trees    int
	}{
		{"", 0},
		{"*", 0},
		{"_", 1},
		{"/ /a /a/b /b/:x /b/:y/c /files/[...]", 1},
		{"/:x /:y /:z", 1},
		{"/a /a/[...]", 1},
		{"/[...] /[...]", 1},
		{"/hats/[page/[:number]]", 1},
		{"/a/:x /a/b", 2},
		{"/a/b /a/:x /c/d /c/:x /e/f /e/:x", 2},
		{"/users/me /users/:id /users/:id/posts /users/me/posts", 3},
		{"/ /[...]", 2},
		{"/a/b /:x/c", 2}, // no path in common, but no tree holds both
		{"/a/b /a/:x /a/[...] _", 4},
	} {
		assert.Len(t, tableOf(t, strings.Fields(test.patterns)...).trees, test.trees, "%s", test.patterns)
	}
}

func TestManyRoutesWithConflictsAreFewTrees(t *testing.T) {
	var patterns []string
	for i := range 300 {
		patterns = append(patterns, fmt.Sprintf("/r%d", i), fmt.Sprintf("/r%d/new", i), fmt.Sprintf("/r%d/:id", i),
			fmt.Sprintf("/r%d/:id/[...]", i))
	}
	assert.Len(t, tableOf(t, patterns...).trees, 2)
}

// A key tells segments apart, however their bytes look.
func TestKeysOfSegments(t *testing.T) {
	for _, test := range []struct {
		path      string
		wildcards bool
		key       string
	}{
		{"/", false, "/"},
		{"/a/b", false, "/a/b"},
		{"/a/b/", false, "/a/b"},
		{"//", false, "/%"},
		{"/a//b//", false, "/a/%/b/%"},
		{"/%25/%2F", false, "/%25/%2F"},
		{"/%", false, ""},
		{"/a:b/*", false, "/a:b/*"},
		{"/a:b/*", true, "/a%3Ab/%2A"},
		{"/%3a", false, "/:"},
		{"/%61/..", false, "/"},
		{"/.a/..b", false, "/.a/..b"},
	} {
		got, ok := newTarget(test.path, test.wildcards)
		assert.Equal(t, test.key != "", ok, test.path)
		assert.Equal(t, test.key, got.key, test.path)
	}
}

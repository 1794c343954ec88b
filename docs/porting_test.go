package docs

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// erlangFunction is name/arity, or name/arity,arity.
var erlangFunction = regexp.MustCompile(`(\w+)/(\d+(?:,\d+)*)`)

// TestMapIsComplete holds the map of Cowboy's modules to the list of their
// functions: a page says of each what one writes here, or why nothing.
func TestMapIsComplete(t *testing.T) {
	text, err := os.ReadFile("testdata/functions.txt")
	require.NoError(t, err)
	mapped := make(map[string]map[string]bool)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[0] == "#" {
			continue
		}
		path, module, version := "porting/"+fields[0]+".md", fields[1], fields[2]
		if mapped[path] == nil {
			mapped[path] = functions(readPage(t, path))
		}
		for _, function := range fields[3:] {
			assert.True(t, mapped[path][function], "%s has no %s:%s of version %s", path, module, function, version)
		}
	}
	require.NotEmpty(t, mapped)
}

// functions are the Erlang functions in the first columns of a page's tables,
// as name/arity.
func functions(p page) map[string]bool {
	found := make(map[string]bool)
	for _, l := range p.lines {
		if !strings.HasPrefix(l.text, "|") {
			continue
		}
		for _, match := range erlangFunction.FindAllStringSubmatch(l.text, -1) {
			for arity := range strings.SplitSeq(match[2], ",") {
				found[match[1]+"/"+arity] = true
			}
		}
	}
	return found
}

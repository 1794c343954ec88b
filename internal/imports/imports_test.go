package imports

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/cowhand/cowhand"

// rule is what the packages of a folder may depend on, however indirectly.
type rule struct {
	folder  string
	inside  []string // folders of this module
	outside []string // other modules
}

const (
	httprouter = "github.com/julienschmidt/httprouter"
	compress   = "github.com/klauspost/compress"
	sys        = "golang.org/x/sys"
)

// rules has the arrows: of two rules for a package the first one holds.
var rules = []rule{
	{folder: "/websocket/frame"},
	{folder: "/websocket/deflate", inside: []string{"/websocket/frame", "/internal/httpgrammar"}, outside: []string{compress}},
	{folder: "/websocket", inside: []string{"/websocket", "/handler", "/internal"}, outside: []string{compress, sys}},
	{folder: "/internal/servetest", inside: []string{"/listener", "/protocol", "/router", "/handler", "/internal"}},                              // for tests only
	{folder: "/handler/handlertest", inside: []string{"/protocol", "/router", "/handler", "/internal"}, outside: []string{httprouter, compress}}, // for tests only
	{folder: "/handler", inside: []string{"/handler", "/internal"}},
	{folder: "/router", inside: []string{"/handler", "/internal"}, outside: []string{httprouter}},
	{folder: "/protocol", inside: []string{"/protocol", "/router", "/handler", "/internal"}, outside: []string{httprouter, compress}},
	{folder: "/listener", inside: []string{"/listener", "/protocol", "/router", "/handler", "/internal"}, outside: []string{httprouter, compress, sys}},
	{folder: "/internal/httpgrammar"},
	{folder: "/internal", inside: []string{"/internal"}},
}

// codecs do no I/O, have no clock and start nothing.
var codecs = []string{"/websocket/frame", "/websocket/deflate", "/internal/httpgrammar"}

// packages asks the go tool for all packages of the module, and for what the
// template says of each.
func packages(t *testing.T, template string) map[string][]string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command to list the packages with")
	}
	command := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join "+template+` " "}}`, module+"/...")
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	require.NoError(t, err, stderr.String())
	listed := make(map[string][]string)
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		listed[strings.TrimPrefix(fields[0], module)] = fields[1:]
	}
	return listed
}

func TestArrows(t *testing.T) {
	listed := packages(t, ".Deps")
	require.Contains(t, listed, "/listener")
	for name, dependencies := range listed {
		switch {
		case name == "", under(name, "/docs"):
			assert.Empty(t, inModule(dependencies), "%q is documentation", name)
		case under(name, "/examples"):
			// Whatever the examples show, they may use.
		default:
			check(t, name, dependencies)
		}
	}
}

func check(t *testing.T, name string, dependencies []string) {
	r, ok := ruleFor(name)
	if !assert.True(t, ok, "no rule says what %q may import", name) {
		return
	}
	for _, dependency := range inModule(dependencies) {
		assert.True(t, underAny(dependency, r.inside), "%s must not depend on %s", name, dependency)
	}
	if strings.Contains(name, "/internal/") {
		return // helpers of tests, too, which have testify
	}
	for _, dependency := range dependencies {
		if host, _, _ := strings.Cut(dependency, "/"); !strings.Contains(host, ".") || under(dependency, module) {
			continue
		}
		assert.True(t, underAny(dependency, r.outside), "%s must not depend on %s", name, dependency)
	}
}

func TestCodecsArePure(t *testing.T) {
	listed := packages(t, ".Imports")
	for _, codec := range codecs {
		require.Contains(t, listed, codec)
		for _, name := range []string{"net", "net/http", "time", "context", "log", "log/slog", "os"} {
			assert.NotContains(t, listed[codec], name, codec)
		}
	}
}

func ruleFor(name string) (rule, bool) {
	for _, r := range rules {
		if under(name, r.folder) {
			return r, true
		}
	}
	return rule{}, false
}

// inModule are those of this module, without its name.
func inModule(packages []string) (names []string) {
	for _, p := range packages {
		if name, ok := strings.CutPrefix(p, module); ok {
			names = append(names, name)
		}
	}
	return names
}

func underAny(name string, folders []string) bool {
	for _, folder := range folders {
		if under(name, folder) {
			return true
		}
	}
	return false
}

// under reports whether name is folder or in it.
func under(name, folder string) bool {
	rest, ok := strings.CutPrefix(name, folder)
	return ok && (rest == "" || rest[0] == '/')
}

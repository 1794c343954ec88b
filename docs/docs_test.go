package docs

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// snippet is a block of Go in a page; or of anything, where the line above it
// names the file that it is of the page's program.
type snippet struct {
	page string
	line int    // of its first line of code
	file string // of the page's program; "" for a program of its own
	code string
}

func (s snippet) String() string { return fmt.Sprintf("%s:%d", filepath.Base(s.page), s.line) }

func (s snippet) isGo() bool { return s.file == "" || strings.HasSuffix(s.file, ".go") }

// fileName is a line that says which file the next block is.
var fileName = regexp.MustCompile("^`([a-z_./]+)`:$")

// snippets finds the blocks of a page that are fenced as go, or named.
func snippets(t *testing.T, page string) (found []snippet) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var current *snippet
	number, file := 0, ""
	for line := range strings.Lines(string(text)) {
		number++
		fence := strings.TrimRight(line, " \n")
		language, fenced := strings.CutPrefix(fence, "```")
		switch {
		case current != nil && fence == "```":
			if current.page != "" {
				found = append(found, *current)
			}
			current, file = nil, ""
		case current != nil:
			current.code += line
		case fenced && (language == "go" || file != ""):
			current = &snippet{page: page, line: number + 1, file: file}
		case fenced:
			current = &snippet{}
		case fileName.MatchString(fence):
			file = fileName.FindStringSubmatch(fence)[1]
		case fence != "":
			file = ""
		}
	}
	require.Nil(t, current, "%s ends within a block", page)
	return found
}

func all(t *testing.T) (found []snippet) {
	t.Helper()
	for _, p := range pages(t) {
		path, err := filepath.Abs(p.path)
		require.NoError(t, err)
		found = append(found, snippets(t, path)...)
	}
	require.NotEmpty(t, found)
	return found
}

func TestSnippetsAreWholeFiles(t *testing.T) {
	for _, s := range all(t) {
		if !s.isGo() {
			continue
		}
		if !assert.True(t, strings.HasPrefix(s.code, "package "), "%v: a Go snippet is a whole file and begins with its package clause", s) {
			continue
		}
		formatted, err := format.Source([]byte(s.code))
		if assert.NoError(t, err, s) {
			assert.Equal(t, string(formatted), s.code, "%v: gofmt would write it otherwise", s)
		}
	}
}

// TestSnippetsCompile vets each snippet as a package of a module of its own,
// as a user's would be, that is one workspace with this module; and it runs
// the tests of the programs that are spread over a page.
func TestSnippetsCompile(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command to compile the snippets with")
	}
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	folder := t.TempDir()
	version := goVersion(t, filepath.Join(root, "go.mod"))
	write(t, filepath.Join(folder, "go.mod"), "module snippets\n"+version)
	write(t, filepath.Join(folder, "go.work"), fmt.Sprintf("%suse (\n\t.\n\t%q\n)\n", version, root))
	for i, s := range all(t) {
		name := filepath.Join(folder, fmt.Sprintf("snippet%d", i), "snippet.go")
		if s.file != "" {
			name = filepath.Join(folder, "programs", strings.TrimSuffix(filepath.Base(s.page), ".md"), s.file)
		}
		if s.isGo() {
			s.code = fmt.Sprintf("//line %s:%d:1\n%s", s.page, s.line, s.code)
		}
		write(t, name, s.code)
	}
	for _, arguments := range [][]string{{"vet", "./..."}, {"test", "./programs/..."}} {
		command := exec.Command("go", arguments...)
		command.Dir = folder
		command.Env = append(os.Environ(), "GOWORK="+filepath.Join(folder, "go.work"), "GOFLAGS=")
		output, err := command.CombinedOutput()
		assert.NoError(t, err, "%s", output)
	}
}

// goVersion is the line of a go.mod that says which Go it is for.
func goVersion(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "go ") {
			return line
		}
	}
	require.Fail(t, "no go line", path)
	return ""
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

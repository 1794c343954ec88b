package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is a page of the guide.
type page struct {
	path     string // from this folder on, with slashes
	lines    []line
	headings []string
}

// line is a line of prose; blocks of code are none.
type line struct {
	number int
	text   string
}

// pages are all pages of the guide, the README, and the page for contributors.
func pages(t *testing.T) (found []page) {
	t.Helper()
	for _, pattern := range []string{"*.md", "porting/*.md", "../README.md", "../CONTRIBUTING.md"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			found = append(found, readPage(t, filepath.ToSlash(path)))
		}
	}
	require.NotEmpty(t, found)
	return found
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	p := page{path: path}
	fenced, number := false, 0
	for text := range strings.Lines(string(text)) {
		number++
		text = strings.TrimRight(text, "\n")
		switch {
		case strings.HasPrefix(strings.TrimLeft(text, " "), "```"):
			fenced = !fenced
		case fenced, strings.HasPrefix(text, "\t"):
		default:
			p.lines = append(p.lines, line{number, text})
			if heading, ok := strings.CutPrefix(strings.TrimLeft(text, "#"), " "); ok && strings.HasPrefix(text, "#") {
				p.headings = append(p.headings, heading)
			}
		}
	}
	require.False(t, fenced, "%s ends within a block", path)
	return p
}

// inlineCode is code within a line, as it stands between the backticks.
var inlineCode = regexp.MustCompile("`([^`]+)`")

// code is the inline code of a page.
func (p page) code() (found []line) {
	for _, l := range p.lines {
		for _, match := range inlineCode.FindAllStringSubmatch(l.text, -1) {
			found = append(found, line{l.number, match[1]})
		}
	}
	return found
}

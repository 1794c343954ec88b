package docs

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	linkTarget  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	punctuation = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
)

// links are the targets of a page's links that are not on the web.
func (p page) links() (found []line) {
	for _, l := range p.lines {
		text := inlineCode.ReplaceAllString(l.text, "")
		for _, match := range linkTarget.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(match[1], "://") {
				found = append(found, line{l.number, match[1]})
			}
		}
	}
	return found
}

// anchors are those that Markdown's renderers make of a page's headings.
func (p page) anchors() map[string]bool {
	found := make(map[string]bool)
	for _, heading := range p.headings {
		anchor := punctuation.ReplaceAllString(strings.ToLower(heading), "")
		found[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	all := make(map[string]page)
	for _, p := range pages(t) {
		all[p.path] = p
	}
	for _, p := range all {
		for _, l := range p.links() {
			file, anchor, _ := strings.Cut(l.text, "#")
			target := p.path
			if file != "" {
				target = strings.TrimPrefix(path.Join(path.Dir(p.path), file), "../docs/")
			}
			if _, err := os.Stat(target); !assert.NoError(t, err, "%s:%d: a link to %s", p.path, l.number, l.text) {
				continue
			}
			if anchor != "" {
				assert.True(t, all[target].anchors()[anchor], "%s:%d: %s has no heading for #%s", p.path, l.number, target, anchor)
			}
		}
	}
}

// TestContentsAreComplete holds that each page can be reached: from the
// table of contents, or, those of the map, from its first page.
func TestContentsAreComplete(t *testing.T) {
	linked := map[string]bool{"README.md": true, "../README.md": true}
	for _, from := range []string{"README.md", "porting.md"} {
		for _, l := range readPage(t, from).links() {
			file, _, _ := strings.Cut(l.text, "#")
			linked[path.Clean(file)] = true
		}
	}
	for _, p := range pages(t) {
		assert.True(t, linked[p.path], "no way leads to %s", p.path)
	}
}

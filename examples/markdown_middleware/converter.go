package main

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// markdownConverter is the middleware between the router and the handler: it
// makes an HTML file anew where there is a Markdown file of the same name that
// is younger.
type markdownConverter struct{ dir *os.Root }

func (m markdownConverter) Execute(req *handler.Request, _ *handler.Env) (protocol.Next, error) {
	name := strings.Join(req.PathInfo(), "/")
	if path.Ext(name) != ".html" || !fs.ValidPath(name) {
		return protocol.Continue, nil
	}
	return protocol.Continue, m.maybeGenerate(name, strings.TrimSuffix(name, ".html")+".md")
}

func (m markdownConverter) maybeGenerate(name, source string) error {
	modified, err := m.dir.Stat(source)
	if err != nil {
		return nil // the handler serves the HTML file, if there is one
	}
	generated, err := m.dir.Stat(name)
	if err == nil && !modified.ModTime().After(generated.ModTime()) {
		return nil
	}
	return m.generate(name, source)
}

// markdown lets HTML through, since whoever writes the files may write that as
// well.
var markdown = goldmark.New(goldmark.WithRendererOptions(html.WithUnsafe()))

// generate writes another file first, so that nobody is served half of one.
func (m markdownConverter) generate(name, source string) error {
	text, err := m.dir.ReadFile(source)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := markdown.Convert(text, &page); err != nil {
		return err
	}
	unfinished := name + "." + rand.Text()
	if err := m.dir.WriteFile(unfinished, page.Bytes(), 0o644); err != nil {
		return err
	}
	return m.dir.Rename(unfinished, name)
}

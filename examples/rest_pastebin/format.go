package main

import (
	_ "embed"
	"errors"
	"html"
	"os/exec"
	"regexp"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/router"
)

//go:embed index.html
var indexHTML string

//go:embed index.txt
var indexText string

func (p *paste) pasteHTML(req *rest.Request) (rest.Body, error) {
	if p.id == "" {
		return rest.Text(indexHTML), nil
	}
	return p.format(req, "html", plainHTML)
}

func (p *paste) pasteText(req *rest.Request) (rest.Body, error) {
	if p.id == "" {
		return rest.Text(indexText), nil
	}
	return p.format(req, "ansi", plainText)
}

func plainHTML(text string) string {
	return `<!doctype html>
<html>
<meta charset="utf-8">
<title>paste</title>
<pre><code>` + html.EscapeString(text) + `</code></pre>
</html>
`
}

func plainText(text string) string { return text }

var validLang = regexp.MustCompile(`^[a-z0-9_]+$`)

// lang is the constraint of the parameter of that name.
var lang = router.Funcs[string, string]{
	To: func(name string) (string, error) {
		if !validLang.MatchString(name) {
			return "", errors.New("the parameter lang is invalid")
		}
		return name, nil
	},
}

// format returns the paste, highlighted where the query string has a language
// and the program highlight is installed.
func (p *paste) format(req *rest.Request, output string, plain func(text string) string) (rest.Body, error) {
	qs, err := req.MatchQS(handler.Match{Name: "lang", Constraints: []handler.Constraint{lang}, Default: "plain"})
	if err != nil {
		return rest.Body{}, err
	}
	data, err := p.pastes.ReadFile(p.id)
	if err != nil {
		return rest.Body{}, err
	}
	text, lang := string(data), qs["lang"].(string)
	if _, err := exec.LookPath("highlight"); lang == "plain" || err != nil {
		return rest.Text(plain(text)), nil
	}
	command := exec.CommandContext(req.Context(), "highlight", "--syntax="+lang, "--doc-title=paste", "--out-format="+output, "--include-style")
	command.Stdin = strings.NewReader(text)
	highlighted, err := command.Output()
	return rest.Bytes(highlighted), err
}

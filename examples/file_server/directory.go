package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/url"
	"path"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// directory is the handler of one directory.
type directory struct {
	files fs.FS
	name  string
}

func (d directory) Init(*handler.Request) (*handler.Upgrade, error) {
	return rest.Upgrade(&listing{directory: d, entries: []string{}}), nil
}

// listing is the resource of one request.
type listing struct {
	directory
	entries []string // sorted; not nil, which JSON would write as null
}

func (l *listing) AllowedMethods(*rest.Request) ([]string, error) { return []string{"GET"}, nil }

func (l *listing) ResourceExists(*rest.Request) (bool, error) {
	entries, err := fs.ReadDir(l.files, l.name)
	for _, entry := range entries {
		l.entries = append(l.entries, entry.Name())
	}
	return err == nil, nil
}

func (l *listing) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{
		{Type: "text/html", To: l.listHTML},
		{Type: "application/json", To: l.listJSON},
	}, nil
}

func (l *listing) CharsetsProvided(*rest.Request) ([]string, error) { return []string{"utf-8"}, nil }

func (l *listing) listJSON(*rest.Request) (rest.Body, error) {
	data, err := json.Marshal(l.entries)
	return rest.Bytes(data), err
}

//go:embed listing.html
var source string

var page = template.Must(template.New("listing").Parse(source))

// link is a line of the page.
type link struct{ Name, URI string }

func (l *listing) listHTML(*rest.Request) (rest.Body, error) {
	var links []link
	for _, name := range append([]string{".."}, l.entries...) {
		uri := url.URL{Path: path.Join("/", l.name, name)}
		links = append(links, link{name, uri.String()})
	}
	var body bytes.Buffer
	err := page.Execute(&body, map[string]any{"Name": path.Join("/", l.name), "Links": links})
	return rest.Bytes(body.Bytes()), err
}

package static

import (
	"io/fs"
	"net/http"
	"os"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// Options are how files are served. The zero value has the defaults.
type Options struct {
	// ETag returns the entity tag of a file; the zero ETag is for none. By
	// default it is a strong one made of the file's size and modification
	// time; of a file that has no such time, as in an embed.FS, it is made of
	// the content. Cowboy's {etag, Module, Function}.
	ETag func(name string, info fs.FileInfo) handler.ETag

	// NoETag serves files without entity tags: Cowboy's {etag, false}.
	NoETag bool

	// MIMEType returns the media type of a file; by default [MIMEType] does,
	// by its extension. Cowboy's {mimetypes, Module, Function}; for
	// {mimetypes, Type} see [Always].
	MIMEType func(name string) string

	// Charset returns the charset of a file, to be added to its media type
	// where that is a text type; "" adds none, as by default. Cowboy's
	// {charset, Module, Function}; for {charset, Charset} see [Always].
	Charset func(name string) string

	// Precompressed sends, in place of a file, one beside it that has the
	// same content compressed, to clients that accept it: app.js.br,
	// app.js.zst or app.js.gz for app.js, in this order of preference. Cowboy
	// has no such option.
	Precompressed bool
}

// Always returns a function for [Options] that gives one answer for every
// file: Charset: static.Always("utf-8").
func Always(answer string) func(name string) string {
	return func(string) string { return answer }
}

// Dir serves the files under a directory of the operating system: Cowboy's
// {dir, Path}. The route ends with [...], which names the file; one that does
// not is answered with 500. Symbolic links are followed inside the directory;
// what one that leads out of it names is not found.
func Dir(path string, options ...Options) handler.Handler {
	return &files{options: merge(options), dir: path}
}

// File serves one file of the operating system, wherever it lies: Cowboy's
// {file, Path}.
func File(path string, options ...Options) handler.Handler {
	return &files{options: merge(options), file: path}
}

// FS serves the files of a file system, such as an embed.FS, as Dir does:
// Cowboy's {priv_dir, App, Path}. See [fs.Sub] for a part of one.
func FS(fsys fs.FS, options ...Options) handler.Handler {
	return &files{options: merge(options), fsys: fsys}
}

// FileFS serves one file of a file system: Cowboy's {priv_file, App, Path}.
func FileFS(fsys fs.FS, name string, options ...Options) handler.Handler {
	return &files{options: merge(options), fsys: fsys, file: name}
}

// merge returns the last options, with the defaults for what they leave out.
func merge(options []Options) Options {
	var o Options
	for _, o = range options {
	}
	if o.MIMEType == nil {
		o.MIMEType = MIMEType
	}
	return o
}

// files is the handler of a route: a directory or a single file, of the
// operating system or of fsys. Exactly one of dir, file and fsys is set, or
// file and fsys.
type files struct {
	options Options
	dir     string
	file    string
	fsys    fs.FS
	tags    tagCache
}

// Init names the file and hands the request to the flow of REST.
func (h *files) Init(req *handler.Request) (*handler.Upgrade, error) {
	r := &resource{files: h, fsys: h.fsys, name: h.file}
	if h.file == "" {
		if req.PathInfo() == nil {
			return nil, handler.Errorf(http.StatusInternalServerError, "static: the route of a directory has to end with [...]")
		}
		name, ok := fileName(req.PathInfo())
		r.name, r.malformed = name, !ok
	}
	return &handler.Upgrade{Protocol: r}, nil
}

// Upgrade runs the flow with the directory open, so that no name leads out of
// it while the request lasts.
func (r *resource) Upgrade(req *handler.Request, env *handler.Env) error {
	if r.dir != "" && !r.malformed {
		root, err := os.OpenRoot(r.dir)
		if err != nil {
			r.err = err
		} else {
			defer root.Close()
			r.fsys = root.FS()
		}
	}
	if !r.malformed && r.err == nil {
		r.find(req)
	}
	return rest.Upgrade(r).Protocol.Upgrade(req, env)
}

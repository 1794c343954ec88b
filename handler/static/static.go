package static

import (
	"errors"
	"io/fs"
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
// what one that leads out of it names is not found. An empty path is the
// current directory.
func Dir(path string, options ...Options) handler.Handler {
	if path == "" {
		path = "."
	}
	return &files{options: merge(options), dir: path}
}

// File serves one file of the operating system, wherever it lies: Cowboy's
// {file, Path}.
func File(path string, options ...Options) handler.Handler {
	return &files{options: merge(options), file: path, single: true}
}

// FS serves the files of a file system, such as an embed.FS, as Dir does:
// Cowboy's {priv_dir, App, Path}. See [fs.Sub] for a part of one. With a nil
// one all requests are answered with 500.
func FS(fsys fs.FS, options ...Options) handler.Handler {
	return &files{options: merge(options), fsys: orNone(fsys)}
}

// FileFS serves one file of a file system: Cowboy's {priv_file, App, Path}.
// With a nil one all requests are answered with 500.
func FileFS(fsys fs.FS, name string, options ...Options) handler.Handler {
	return &files{options: merge(options), fsys: orNone(fsys), file: name, single: true}
}

// noFS stands for a file system that is nil.
type noFS struct{ fs.FS }

func orNone(fsys fs.FS) fs.FS {
	if fsys == nil {
		return noFS{}
	}
	return fsys
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

// files is the handler of a route: of one file where single is set, else of a
// directory; of fsys or, where that is nil, of the operating system.
type files struct {
	options Options
	dir     string
	file    string
	single  bool
	fsys    fs.FS
	tags    tagCache
}

// Init names the file and hands the request to the flow of REST.
func (h *files) Init(req *handler.Request) (*handler.Upgrade, error) {
	if h.fsys == (noFS{}) {
		return nil, errors.New("static: the file system of the route is nil")
	}
	r := &resource{files: h, fsys: h.fsys, name: h.file}
	if !h.single {
		if req.PathInfo() == nil {
			return nil, errors.New("static: the route of a directory has to end with [...]")
		}
		name, ok := fileName(req.PathInfo())
		r.name, r.malformed = name, !ok
	}
	return &handler.Upgrade{Protocol: r}, nil
}

// Upgrade runs the flow with the directory open, so that no name leads out of
// it while the request lasts.
func (r *resource) Upgrade(req *handler.Request, env *handler.Env) error {
	if r.dir != "" {
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

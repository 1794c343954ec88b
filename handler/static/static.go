package static

import (
	"errors"
	"fmt"
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
// {dir, Path}. The route ends with [...], which names the file; for one that
// doesn't, Cowhand replies 500. Symbolic links are followed inside the
// directory; a link that leads out of it names nothing. An empty path is the
// current directory.
//
// Dir and the other functions check their arguments once: if one is invalid, or
// there is more than one Options, the router refuses the route when it compiles
// its table. Whether there are files is only seen by the requests.
func Dir(path string, options ...Options) handler.Handler {
	if path == "" {
		path = "."
	}
	h := newFiles("Dir", options)
	h.dir = path
	return h
}

// File serves one file of the operating system, wherever it lies: Cowboy's
// {file, Path}.
func File(path string, options ...Options) handler.Handler {
	h := newFiles("File", options)
	h.file, h.single = path, true
	h.refuse(path == "", "static: File needs a path")
	return h
}

// FS serves the files of a file system, such as an embed.FS, as Dir does:
// Cowboy's {priv_dir, App, Path}. See [fs.Sub] for a part of one.
func FS(fsys fs.FS, options ...Options) handler.Handler {
	h := newFiles("FS", options)
	h.fsys = fsys
	h.refuse(fsys == nil, "static: the file system of FS is nil")
	return h
}

// FileFS serves one file of a file system: Cowboy's {priv_file, App, Path}. The
// name is as [fs.ValidPath] has it.
func FileFS(fsys fs.FS, name string, options ...Options) handler.Handler {
	h := newFiles("FileFS", options)
	h.fsys, h.file, h.single = fsys, name, true
	h.refuse(fsys == nil, "static: the file system of FileFS is nil")
	h.refuse(!fs.ValidPath(name), fmt.Sprintf("static: FileFS can't find %q; a name in a file system is as fs.ValidPath has it, such as \"dir/file\"", name))
	return h
}

// newFiles returns the handler of caller, such as "Dir", with its options.
func newFiles(caller string, options []Options) *files {
	h := new(files)
	for _, h.options = range options {
	}
	h.refuse(len(options) > 1, fmt.Sprintf("static: %s takes at most one static.Options; it was given %d", caller, len(options)))
	h.refuse(h.options.NoETag && h.options.ETag != nil, "static: Options.NoETag is set, and so is Options.ETag; set one of them")
	if h.options.MIMEType == nil {
		h.options.MIMEType = MIMEType
	}
	return h
}

// refuse notes why the handler is invalid; of several reasons the first.
func (h *files) refuse(invalid bool, reason string) {
	if invalid && h.err == nil {
		h.err = errors.New(reason)
	}
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
	err     error // an argument is invalid
}

// Validate implements [handler.Validator].
func (h *files) Validate() error { return h.err }

// Init names the file and hands the request to the flow of REST.
func (h *files) Init(req *handler.Request) (*handler.Upgrade, error) {
	if h.err != nil { // the router didn't ask
		return nil, h.err
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

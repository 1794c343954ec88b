package static

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// resource is the file of one request, as the flow of REST sees it.
type resource struct {
	*files
	fsys      fs.FS  // nil for a single file of the operating system
	name      string // in fsys
	malformed bool

	info fs.FileInfo // of the file, or of the compressed one in its place
	err  error       // why there is no info

	sent     string // the name of what is sent: name, or that of a compressed one
	encoding string // of what is sent
}

var _ interface {
	rest.MalformedRequest
	rest.Forbidden
	rest.ContentTypesProvided
	rest.CharsetsProvided
	rest.RangesProvided
	rest.Variances
	rest.ResourceExists
	rest.GenerateETag
	rest.LastModified
} = (*resource)(nil)

// find looks for the file, and for a compressed one in its place.
func (r *resource) find(req *handler.Request) {
	r.sent = r.name
	if r.info, r.err = r.stat(r.name); r.err == nil && r.info.Mode().IsRegular() && r.options.Precompressed {
		r.findCompressed(req)
	}
}

func (r *resource) stat(name string) (fs.FileInfo, error) {
	if r.fsys != nil {
		return fs.Stat(r.fsys, name)
	}
	return os.Stat(name)
}

// MalformedRequest refuses reserved characters, and names that lead out of
// the directory.
func (r *resource) MalformedRequest(*rest.Request) (bool, error) { return r.malformed, nil }

// Forbidden refuses directories, and files that may not be read. It fails
// where the server cannot tell what there is.
func (r *resource) Forbidden(*rest.Request) (bool, error) {
	switch {
	case errors.Is(r.err, fs.ErrPermission):
		return true, nil
	case r.err != nil && !r.absent(r.err):
		return false, r.err
	case r.err != nil:
		return false, nil
	}
	return r.info.IsDir() || r.info.Mode().IsRegular() && !r.readable(r.sent, r.info), nil
}

// readable reports whether a file may be read; one that everybody may read
// is not opened to find out.
func (r *resource) readable(name string, info fs.FileInfo) bool {
	const everybody = 0o444
	if info.Mode().Perm()&everybody == everybody {
		return true
	}
	file, err := r.open(name)
	if err != nil {
		return !errors.Is(err, fs.ErrPermission)
	}
	return file.Close() == nil
}

func (r *resource) open(name string) (fs.File, error) {
	if r.fsys != nil {
		return r.fsys.Open(name)
	}
	return os.Open(name)
}

// ContentTypesProvided provides the one type of the file.
func (r *resource) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{{Type: r.options.MIMEType(r.name), To: r.send}}, nil
}

// CharsetsProvided provides the one charset of the file, where it has one.
func (r *resource) CharsetsProvided(*rest.Request) ([]string, error) {
	if r.options.Charset == nil {
		return nil, nil
	}
	if charset := r.options.Charset(r.name); charset != "" {
		return []string{charset}, nil
	}
	return nil, nil
}

// RangesProvided lets the flow cut the file.
func (r *resource) RangesProvided(*rest.Request) ([]rest.ProvideRange, error) {
	return []rest.ProvideRange{{Unit: "bytes"}}, nil
}

// Variances tells caches that compressed files may come in place of others.
func (r *resource) Variances(*rest.Request) ([]string, error) {
	if r.options.Precompressed {
		return []string{"accept-encoding"}, nil
	}
	return nil, nil
}

// ResourceExists takes regular files only.
func (r *resource) ResourceExists(*rest.Request) (bool, error) {
	return r.err == nil && r.info.Mode().IsRegular(), nil
}

// GenerateETag makes the tag of what is sent.
func (r *resource) GenerateETag(*rest.Request) (handler.ETag, error) {
	switch {
	case r.options.NoETag:
		return handler.ETag{}, nil
	case r.options.ETag != nil:
		return r.options.ETag(r.sent, r.info), nil
	}
	return r.tags.of(r.fsys, r.sent, r.encoding, r.info)
}

// LastModified is the file's modification time.
func (r *resource) LastModified(*rest.Request) (time.Time, error) { return r.info.ModTime(), nil }

// send is the callback for the body.
func (r *resource) send(req *rest.Request) (rest.Body, error) {
	if r.encoding != "" {
		if err := req.SetRespHeader("Content-Encoding", r.encoding); err != nil {
			return rest.Body{}, err
		}
	}
	return rest.File(handler.File{FS: r.fsys, Path: r.sent, Length: r.info.Size()}), nil
}

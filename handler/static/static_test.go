package static_test

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/cowhand/cowhand/router"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var modified = time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)

const httpModified = "Mon, 03 Feb 2020 04:05:06 GMT"

// tree makes a directory with files; a name that ends with "/" is of a
// directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for name, content := range files {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		require.NoError(t, os.Chtimes(path, modified, modified))
	}
	return dir
}

// route names the file by what follows "/" in the path, as a route that ends
// with [...] does.
func route(h handler.Handler) handler.Handler {
	return handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		var segments = []string{}
		if rest := strings.TrimPrefix(req.HTTP().URL.Path, "/"); rest != "" {
			for segment := range strings.SplitSeq(rest, "|") { // so that a segment may have any character
				segments = append(segments, strings.Split(segment, "/")...)
			}
		}
		if encoded := req.QS(); encoded != "" {
			segments = []string{encoded}
		}
		req.SetRoute(handler.Route{PathInfo: segments})
		return h.Init(req)
	})
}

func TestDir(t *testing.T) {
	dir := tree(t, map[string]string{
		"index.html": "<p>", "app.js": "js", "sub/style.css": "css", "data.bin": "\x00", "empty.txt": "",
		"UPPER.PNG": "png", "no-extension": "x", "sub/deep/": "",
	})
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("secret"), 0o644))
	require.NoError(t, os.Symlink(filepath.Join(filepath.Dir(dir), "secret"), filepath.Join(dir, "out")))
	require.NoError(t, os.Symlink("app.js", filepath.Join(dir, "in.js")))
	for _, test := range []struct {
		name, path  string
		status      int
		contentType string
		body        string
	}{
		{"file", "/index.html", 200, "text/html", "<p>"},
		{"script", "/app.js", 200, "application/javascript", "js"},
		{"in a subdirectory", "/sub/style.css", 200, "text/css", "css"},
		{"extension in capitals", "/UPPER.PNG", 200, "image/png", "png"},
		{"unknown extension", "/data.bin", 200, "application/octet-stream", "\x00"},
		{"no extension", "/no-extension", 200, "application/octet-stream", "x"},
		{"empty file", "/empty.txt", 200, "text/plain", ""},
		{"empty segments", "/sub//style.css", 200, "text/css", "css"},
		{"dots that stay inside", "/sub/../app.js", 200, "application/javascript", "js"},
		{"link inside", "/in.js", 200, "application/javascript", "js"},
		{"link to the outside", "/out", 404, "", ""},
		{"missing", "/missing", 404, "", ""},
		{"missing directory", "/missing/file", 404, "", ""},
		{"below a file", "/app.js/x", 404, "", ""},
		{"name too long", "/" + strings.Repeat("x", 300), 404, "", ""},
		{"directory", "/sub", 403, "", ""},
		{"the directory itself", "/", 403, "", ""},
		{"dots to the outside", "/../secret", 400, "", ""},
		{"dots to the outside, late", "/sub/../../secret", 400, "", ""},
		{"backslash", "/..%5Csecret", 400, "", ""},
		{"NUL", "/app.js%00", 400, "", ""},
		{"slash in a segment", "/?../secret", 400, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			servetest.Each(t, route(static.Dir(dir)), func(t *testing.T, c *servetest.Client) {
				resp, body := c.Do(t, "GET", test.path, "")
				assert.Equal(t, test.status, resp.StatusCode)
				assert.Equal(t, test.contentType, resp.Header.Get("Content-Type"))
				assert.Equal(t, test.body, body)
				if test.status == 200 {
					assert.EqualValues(t, len(test.body), resp.ContentLength)
					assert.Equal(t, httpModified, resp.Header.Get("Last-Modified"))
					assert.Equal(t, "bytes", resp.Header.Get("Accept-Ranges"))
				}
			})
		})
	}
}

// The names as a route's [...] has them.
func TestRoutes(t *testing.T) {
	dir := tree(t, map[string]string{"a b.txt": "file", "sub/b.txt": "in a subdirectory"})
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("secret"), 0o644))
	routes := router.MustCompile(router.Host("_",
		router.Path("/", static.File(filepath.Join(dir, "sub", "b.txt"))),
		router.Path("/dir/[...]", static.Dir(dir)),
		router.Path("/fs/[...]", static.FS(os.DirFS(dir))),
		router.Path("/without/rest", static.Dir(dir)),
	))
	servetest.EachRoute(t, routes, func(t *testing.T, c *servetest.Client) {
		resp, body := c.Do(t, "GET", "/", "")
		assert.Equal(t, "200 in a subdirectory", resp.Status[:3]+" "+body)
		resp, _ = c.Do(t, "GET", "/without/rest", "")
		assert.Equal(t, 500, resp.StatusCode)
		for path, want := range map[string]int{
			"a%20b.txt": 200, "sub/b.txt": 200, "sub/./../a%20b.txt": 200, "": 403, "sub/": 403, "none": 404,
			"sub%2Fb.txt": 400, "sub%5Cb.txt": 400, "a%00": 400, "..%2Fsecret": 400, "%2e%2e/secret": 404, "../../secret": 404,
		} {
			for _, root := range []string{"/dir/", "/fs/"} {
				resp, body := rawGet(t, c, root+path)
				assert.Equal(t, want, resp.StatusCode, root+path)
				assert.NotContains(t, body, "secret")
			}
		}
	})
}

// rawGet sends a target as it is.
func rawGet(t *testing.T, c *servetest.Client, target string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("GET", c.URL, nil)
	require.NoError(t, err)
	r.URL.Opaque = "//" + c.Addr + target
	resp, err := c.Client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestMethods(t *testing.T) {
	h := static.File(filepath.Join(tree(t, map[string]string{"a.txt": "text"}), "a.txt"))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for method, want := range map[string]string{"GET": "200 4", "HEAD": "200 4", "OPTIONS": "200 0", "POST": "405 0", "DELETE": "405 0", "PURGE": "501 0"} {
			resp, body := c.Do(t, method, "/", "")
			assert.Equal(t, want, resp.Status[:3]+" "+resp.Header.Get("Content-Length"), method)
			assert.Equal(t, method == "GET", body != "")
			assert.Equal(t, method != "PURGE", resp.Header.Get("Allow") == "HEAD, GET, OPTIONS")
		}
	})
}

func TestRouteWithoutRest(t *testing.T) {
	for _, h := range []handler.Handler{static.Dir(t.TempDir()), static.FS(fstest.MapFS{})} {
		servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
			resp, _ := c.Do(t, "GET", "/", "")
			assert.Equal(t, 500, resp.StatusCode)
		})
	}
}

// What the handlers are given is checked when the table is compiled, and if
// nobody asks, each request is answered with 500.
func TestInvalidArguments(t *testing.T) {
	none := fstest.MapFS{}
	tag := func(string, fs.FileInfo) handler.ETag { return handler.ETag{} }
	for want, h := range map[string]handler.Handler{
		"static: the file system of FS is nil":     static.FS(nil),
		"static: the file system of FileFS is nil": static.FileFS(nil, "a"),
		"static: FileFS can't find \"/a\"; a name in a file system is as fs.ValidPath has it, such as \"dir/file\"": static.FileFS(none, "/a"),
		"static: FileFS can't find \"\"; a name in a file system is as fs.ValidPath has it, such as \"dir/file\"":   static.FileFS(none, ""),
		"static: File needs a path":                                              static.File(""),
		"static: Dir takes at most one static.Options; it was given 2":           static.Dir("", static.Options{}, static.Options{}),
		"static: File takes at most one static.Options; it was given 3":          static.File("a", static.Options{}, static.Options{}, static.Options{}),
		"static: FS takes at most one static.Options; it was given 2":            static.FS(none, static.Options{}, static.Options{}),
		"static: FileFS takes at most one static.Options; it was given 2":        static.FileFS(none, "a", static.Options{}, static.Options{}),
		"static: Options.NoETag is set, and so is Options.ETag; set one of them": static.Dir("", static.Options{NoETag: true, ETag: tag}),
	} {
		assert.EqualError(t, h.(interface{ Validate() error }).Validate(), want)
		servetest.Each(t, route(h), func(t *testing.T, c *servetest.Client) {
			resp, _ := c.Do(t, "GET", "/a", "")
			assert.Equal(t, 500, resp.StatusCode)
		})
	}
	for _, h := range []handler.Handler{static.Dir(""), static.Dir("none"), static.File("none"), static.FS(none), static.FileFS(none, "none")} {
		assert.NoError(t, h.(interface{ Validate() error }).Validate())
	}
}

func TestMissingDirectory(t *testing.T) {
	servetest.Each(t, route(static.Dir(filepath.Join(t.TempDir(), "none"))), func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "GET", "/a", "")
		assert.Equal(t, 404, resp.StatusCode)
		resp, _ = c.Do(t, "GET", "/../a", "")
		assert.Equal(t, 400, resp.StatusCode)
	})
}

// The empty path of a directory is the current one, and no way to the rest of
// the system.
func TestEmptyPaths(t *testing.T) {
	servetest.Each(t, route(static.Dir("")), func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "GET", "/static_test.go", "")
		assert.Equal(t, 200, resp.StatusCode)
		resp, _ = c.Do(t, "GET", "/../doc.go", "")
		assert.Equal(t, 400, resp.StatusCode)
	})
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root may read everything: the permission comes from a file system that refuses")
	}
	h := route(static.FS(refusing{fstest.MapFS{"a": {Data: []byte("x"), Mode: 0o200}, "b": {Data: []byte("x"), Mode: 0o600}}}))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "GET", "/a", "")
		assert.Equal(t, 403, resp.StatusCode)
		resp, _ = c.Do(t, "GET", "/b", "")
		assert.Equal(t, 200, resp.StatusCode)
		resp, _ = c.Do(t, "GET", "/stat", "")
		assert.Equal(t, 403, resp.StatusCode)
	})
}

// refusing is a file system that gives no permission for what is write-only,
// nor to look at "stat".
type refusing struct{ fstest.MapFS }

func (f refusing) Open(name string) (fs.File, error) {
	file, err := f.MapFS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err == nil && info.Mode().Perm() == 0o200 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return file, nil
}

func (f refusing) Stat(name string) (fs.FileInfo, error) {
	if name == "stat" {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Stat(name)
}

// What the server cannot look at may well be there.
func TestFailingFileSystem(t *testing.T) {
	for err, want := range map[error]int{
		fs.ErrNotExist: 404, fs.ErrInvalid: 404, syscall.ENOTDIR: 404, syscall.ENAMETOOLONG: 404, syscall.ELOOP: 404,
		fs.ErrPermission: 403,
		syscall.EMFILE:   500, syscall.ENFILE: 500, syscall.EIO: 500, fs.ErrClosed: 500, errors.New("out of order"): 500,
	} {
		for _, h := range []handler.Handler{route(static.FS(failing{err})), static.FileFS(failing{err}, "a")} {
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				for _, method := range []string{"GET", "HEAD"} {
					resp, _ := c.Do(t, method, "/a", "")
					assert.Equal(t, want, resp.StatusCode, err)
				}
			})
		}
	}
}

// failing is a file system that fails.
type failing struct{ err error }

func (f failing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: f.err}
}

// A compressed file that may not be read does not stand in for one that may.
func TestUnreadablePrecompressed(t *testing.T) {
	files := fstest.MapFS{"a.js": {Data: []byte("plain"), Mode: 0o644}, "a.js.gz": {Data: []byte("gzipped"), Mode: 0o200}}
	h := route(static.FS(refusing{files}, static.Options{Precompressed: true}))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, body := c.Do(t, "GET", "/a.js", "", "Accept-Encoding: gzip")
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, "plain", body)
	})
}

func TestConditions(t *testing.T) {
	h := route(static.Dir(tree(t, map[string]string{"a.txt": "0123456789"})))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "GET", "/a.txt", "")
		tag := resp.Header.Get("Etag")
		require.True(t, strings.HasPrefix(tag, `"`), "a strong tag: %s", tag)
		for _, test := range []struct {
			header string
			status int
			text   string
		}{
			{"If-None-Match: " + tag, 304, ""},
			{`If-None-Match: "other"`, 200, "0123456789"},
			{"If-Match: " + tag, 200, "0123456789"},
			{`If-Match: "other"`, 412, ""},
			{"If-Modified-Since: " + httpModified, 304, ""},
			{"If-Unmodified-Since: Sun, 02 Feb 2020 04:05:06 GMT", 412, ""},
			{"Range: bytes=2-4", 206, "234"},
			{"Range: bytes=-3", 206, "789"},
			{"Range: bytes=5-1000", 206, "56789"},
			{"Range: bytes=10-", 416, ""},
			{"Range: bytes", 416, ""},
			{"Range: lines=1-2", 200, "0123456789"},
			{"Accept: text/html", 406, ""},
			{"Accept: text/*", 200, "0123456789"},
			{"Accept: text", 400, ""},
		} {
			resp, text := c.Do(t, "GET", "/a.txt", "", test.header)
			assert.Equal(t, test.status, resp.StatusCode, test.header)
			assert.Equal(t, test.text, text, test.header)
		}
		resp, text := c.Do(t, "GET", "/a.txt", "", "Range: bytes=2-4", "If-Range: "+tag)
		assert.Equal(t, 206, resp.StatusCode)
		assert.Equal(t, "bytes 2-4/10", resp.Header.Get("Content-Range"))
		assert.Equal(t, "234", text)
		resp, _ = c.Do(t, "GET", "/a.txt", "", "Range: bytes=2-4", `If-Range: "other"`)
		assert.Equal(t, 200, resp.StatusCode)
		resp, _ = c.Do(t, "HEAD", "/a.txt", "", "Range: bytes=2-4")
		assert.Equal(t, 200, resp.StatusCode, "there are no ranges of HEAD")
		assert.EqualValues(t, 10, resp.ContentLength)
	})
}

func TestSeveralRanges(t *testing.T) {
	h := route(static.Dir(tree(t, map[string]string{"a.txt": "0123456789"})))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, text := c.Do(t, "GET", "/a.txt", "", "Range: bytes=0-1,4-5,-1")
		assert.Equal(t, 206, resp.StatusCode)
		_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		require.NoError(t, err)
		reader := multipart.NewReader(strings.NewReader(text), params["boundary"])
		for _, want := range []string{"bytes 0-1/10 01", "bytes 4-5/10 45", "bytes 9-9/10 9"} {
			part, err := reader.NextRawPart()
			require.NoError(t, err)
			data, err := io.ReadAll(part)
			require.NoError(t, err)
			assert.Equal(t, want, part.Header.Get("Content-Range")+" "+string(data))
			assert.Equal(t, "text/plain", part.Header.Get("Content-Type"))
		}
		_, err = reader.NextRawPart()
		assert.Equal(t, io.EOF, err)
	})
}

func TestETag(t *testing.T) {
	dir := tree(t, map[string]string{"a": "one", "b": "two", "c": "three"})
	require.NoError(t, os.Chtimes(filepath.Join(dir, "b"), modified, modified.Add(time.Nanosecond)))
	tag := func(h handler.Handler, path string) string {
		resp, _ := servetest.Start(t, h, false).Do(t, "GET", path, "")
		return resp.Header.Get("Etag")
	}
	h := route(static.Dir(dir))
	assert.Equal(t, tag(h, "/a"), tag(h, "/a"))
	assert.NotEqual(t, tag(h, "/a"), tag(h, "/b"), "another time")
	assert.NotEqual(t, tag(h, "/a"), tag(h, "/c"), "another size")
	assert.Empty(t, tag(route(static.Dir(dir, static.Options{NoETag: true})), "/a"))
	own := static.Options{ETag: func(name string, info fs.FileInfo) handler.ETag {
		return handler.ETag{Weak: true, Tag: name + info.Name()}
	}}
	assert.Equal(t, `W/"aa"`, tag(route(static.Dir(dir, own)), "/a"))
}

// Files without a modification time, as in an embed.FS, have tags of their
// content: files of one size that differ have different ones.
func TestETagOfContent(t *testing.T) {
	h := route(static.FS(fstest.MapFS{"a": {Data: []byte("one")}, "b": {Data: []byte("two")}}))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		tags := map[string]bool{}
		for _, path := range []string{"/a", "/b", "/a"} {
			resp, _ := c.Do(t, "GET", path, "")
			tags[resp.Header.Get("Etag")] = true
			assert.Empty(t, resp.Header.Get("Last-Modified"))
		}
		assert.Len(t, tags, 2)
		resp, _ := c.Do(t, "GET", "/a", "", "If-Modified-Since: "+httpModified)
		assert.Equal(t, 200, resp.StatusCode)
	})
}

func TestTypeAndCharset(t *testing.T) {
	dir := tree(t, map[string]string{"a.txt": "a", "b.json": "{}", "c.html": "c"})
	for _, test := range []struct {
		options static.Options
		path    string
		want    string // "" is for 500
	}{
		{static.Options{Charset: static.Always("utf-8")}, "/a.txt", "text/plain; charset=utf-8"},
		{static.Options{Charset: static.Always("utf-8")}, "/b.json", "application/json"},
		{static.Options{Charset: static.Always("")}, "/a.txt", "text/plain"},
		{static.Options{MIMEType: static.Always("text/x-own")}, "/b.json", "text/x-own"},
		{static.Options{MIMEType: func(name string) string { return "text/" + name[:1] }}, "/c.html", "text/c"},
		{static.Options{MIMEType: static.Always("nonsense")}, "/a.txt", ""},
	} {
		servetest.Each(t, route(static.Dir(dir, test.options)), func(t *testing.T, c *servetest.Client) {
			resp, _ := c.Do(t, "GET", test.path, "")
			if test.want == "" {
				assert.Equal(t, 500, resp.StatusCode)
				return
			}
			assert.Equal(t, 200, resp.StatusCode)
			assert.Equal(t, test.want, resp.Header.Get("Content-Type"))
		})
	}
}

func TestFileAndFileFS(t *testing.T) {
	dir := tree(t, map[string]string{"a.txt": "of the system"})
	memory := fstest.MapFS{"sub/a.txt": {Data: []byte("of memory"), ModTime: modified}}
	for want, h := range map[string]handler.Handler{
		"of the system": static.File(filepath.Join(dir, "a.txt")),
		"of memory":     static.FileFS(memory, "sub/a.txt"),
	} {
		servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
			resp, body := c.Do(t, "GET", "/whatever", "")
			assert.Equal(t, 200, resp.StatusCode)
			assert.Equal(t, want, body)
			assert.NotEmpty(t, resp.Header.Get("Etag"))
		})
	}
	for status, h := range map[int]handler.Handler{404: static.File(filepath.Join(dir, "b.txt")), 403: static.FileFS(memory, "sub")} {
		servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
			resp, _ := c.Do(t, "GET", "/", "")
			assert.Equal(t, status, resp.StatusCode)
		})
	}
}

func TestPrecompressed(t *testing.T) {
	dir := tree(t, map[string]string{
		"all.js": "plain", "all.js.gz": "gzipped", "all.js.br": "brotli", "all.js.zst": "zstandard",
		"gz.js": "plain", "gz.js.gz": "gzipped", "none.js": "plain", "dir.js": "plain", "dir.js.gz/": "",
	})
	h := route(static.Dir(dir, static.Options{Precompressed: true}))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		tags := map[string]string{}
		for _, test := range []struct{ path, accept, encoding, body string }{
			{"/all.js", "", "", "plain"},
			{"/all.js", "gzip, br, zstd", "br", "brotli"},
			{"/all.js", "gzip, zstd", "zstd", "zstandard"},
			{"/all.js", "gzip", "gzip", "gzipped"},
			{"/all.js", "x-gzip", "gzip", "gzipped"},
			{"/all.js", "gzip, br;q=0.5", "gzip", "gzipped"},
			{"/all.js", "*", "br", "brotli"},
			{"/all.js", "br;q=0, *;q=0.1", "zstd", "zstandard"},
			{"/all.js", "gzip;q=0", "", "plain"},
			{"/all.js", "gzip;q=0.1, identity;q=0.5", "", "plain"},
			{"/all.js", "deflate", "", "plain"},
			{"/all.js", "gzip;;", "", "plain"},
			{"/gz.js", "gzip, br", "gzip", "gzipped"},
			{"/none.js", "gzip, br", "", "plain"},
			{"/dir.js", "gzip", "", "plain"},
		} {
			resp, body := c.Do(t, "GET", test.path, "", "Accept-Encoding: "+test.accept)
			assert.Equal(t, 200, resp.StatusCode)
			assert.Equal(t, test.encoding, resp.Header.Get("Content-Encoding"), test)
			assert.Equal(t, test.body, body, test)
			assert.Equal(t, "application/javascript", resp.Header.Get("Content-Type"))
			assert.Equal(t, "accept-encoding", resp.Header.Get("Vary"))
			if other, ok := tags[resp.Header.Get("Etag")+test.path]; ok {
				assert.Equal(t, other, body, "one tag, one content")
			}
			tags[resp.Header.Get("Etag")+test.path] = body
			resp, _ = c.Do(t, "GET", test.path, "", "Accept-Encoding: "+test.accept, "If-None-Match: "+resp.Header.Get("Etag"))
			assert.Equal(t, 304, resp.StatusCode)
		}
		resp, body := c.Do(t, "GET", "/all.js", "", "Accept-Encoding: gzip", "Range: bytes=0-1")
		assert.Equal(t, "206 gzip gz bytes 0-1/7", resp.Status[:3]+" "+resp.Header.Get("Content-Encoding")+" "+body+" "+resp.Header.Get("Content-Range"))
		resp, body = c.Do(t, "GET", "/all.js", "", "Accept-Encoding: gzip", "Range: bytes=0-1,3-4")
		assert.Equal(t, "206 ", resp.Status[:3]+" "+resp.Header.Get("Content-Encoding"), "it is the parts that are encoded")
		_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		require.NoError(t, err)
		reader := multipart.NewReader(strings.NewReader(body), params["boundary"])
		for _, want := range []string{"application/javascript gzip bytes 0-1/7 gz", "application/javascript gzip bytes 3-4/7 pp"} {
			part, err := reader.NextRawPart()
			require.NoError(t, err)
			data, err := io.ReadAll(part)
			require.NoError(t, err)
			h := part.Header
			assert.Equal(t, want, h.Get("Content-Type")+" "+h.Get("Content-Encoding")+" "+h.Get("Content-Range")+" "+string(data))
		}
		resp, _ = c.Do(t, "GET", "/all.js", "", "Accept-Encoding: gzip", "Range: bytes=99-")
		assert.Equal(t, "416 ", resp.Status[:3]+" "+resp.Header.Get("Content-Encoding"))
	})
	servetest.Each(t, route(static.Dir(dir)), func(t *testing.T, c *servetest.Client) {
		resp, body := c.Do(t, "GET", "/all.js", "", "Accept-Encoding: gzip")
		assert.Equal(t, "plain", body, "off by default")
		assert.Empty(t, resp.Header.Get("Vary"))
	})
}

// A large file goes out with flat memory.
func TestLargeFile(t *testing.T) {
	const size = servetest.Large
	path := filepath.Join(t.TempDir(), "large")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, file.Truncate(size))
	require.NoError(t, file.Close())
	servetest.Each(t, static.File(path), func(t *testing.T, c *servetest.Client) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.Timeout = 2 * time.Minute
		resp, err := c.Get(c.URL)
		require.NoError(t, err)
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		assert.EqualValues(t, size, n)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(servetest.LargeHeap))
	})
}

func TestMIMEType(t *testing.T) {
	for name, want := range map[string]string{
		"a.css": "text/css", "A.JPG": "image/jpeg", "a.b.svg": "image/svg+xml", "a": "application/octet-stream",
		"a.": "application/octet-stream", ".html": "text/html", "dir.css/a": "application/octet-stream", "": "application/octet-stream",
	} {
		assert.Equal(t, want, static.MIMEType(name), name)
	}
}

func FuzzName(f *testing.F) {
	dir := f.TempDir()
	require.NoError(f, os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600))
	require.NoError(f, os.Mkdir(filepath.Join(dir, "public"), 0o700))
	h := static.Dir(filepath.Join(dir, "public"))
	f.Add("..|secret")
	f.Add("a|..|..|secret")
	f.Add("../secret")
	f.Add("public\\..\\secret")
	f.Fuzz(func(t *testing.T, name string) {
		w := httptest.NewRecorder()
		req := handler.NewRequest(w, httptest.NewRequest("GET", "/", nil), handler.Env{})
		req.SetRoute(handler.Route{PathInfo: strings.Split(name, "|")})
		upgrade, err := h.Init(req)
		require.NoError(t, err)
		require.NoError(t, upgrade.Protocol.Upgrade(req, req.Env()))
		require.Contains(t, []int{400, 403, 404}, w.Code)
	})
}

// Package static serves files: from a directory, from a file system such as
// an embed.FS, or a single one.
//
// The route of a directory ends with [...], which names the file:
//
//	router.Path("/assets/[...]", static.Dir("./assets"))
//	router.Path("/", static.File("./index.html", static.Options{Charset: static.Always("utf-8")}))
//
// It is a REST handler (package rest), with Cowboy's answers:
//
//   - 200, 206 for ranges, several of them as multipart/byteranges, 304 for
//     what the client has already; to HEAD without the body, and to OPTIONS
//     without any.
//   - 400 for a name with a slash, a backslash or NUL in a segment, or one
//     that leads out of the directory.
//   - 403 for a directory, and for a file that may not be read. There is no
//     index file.
//   - 404 for what is not there, or is no regular file.
//   - 405 for other methods, 406 where the client does not accept the file's
//     type, 412 and 416 for conditions and ranges that do not hold.
//   - 500 for the route of a directory that does not end with [...], and
//     where the system cannot tell what there is, as when the server has no
//     descriptor left.
//
// Names cannot lead out of a directory, whatever they are: it is opened by
// [os.Root], which refuses symbolic links to the outside as well. Unlike in
// Cowboy, what such a link names is not found.
//
// Files are sent by the operating system where it can (sendfile), and need no
// memory but a buffer. A handler of this package is safe for concurrent use.
//
// The package mirrors Cowboy's module cowboy_static.
package static

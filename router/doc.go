// Package router finds the handler of a request by its host and path.
//
// Routes are written as in Cowboy, and compiled once:
//
//	routes := router.MustCompile(
//		router.Host("example.:tld",
//			router.Path("/users/:id", user).Where("id", router.Int),
//			router.Path("/files/[...]", files),
//		).Where("tld", router.NonEmpty),
//		router.Host("_", router.Path("/ws", ws)),
//	)
//
// The result is the protocol's option Dispatch.
//
// # Order
//
// The first host route that matches decides, and only its paths are tried;
// of these the first that matches answers. A route whose constraint fails
// does not match, so the next one is tried. Without a host route a request
// is answered with 400, without a path route with 404, and a path that does
// not begin with a slash or cannot be decoded with 400.
//
// # Patterns
//
// A host is a list of labels between dots, a path one of segments behind
// slashes. Both are called segments here:
//
//	name    the segment that is equal to name
//	:name   any one segment, kept as the binding name
//	:_      any one segment
//	[part]  part, or nothing in its place; brackets may nest
//	[...]   any number of segments, none included, kept as HostInfo or
//	        PathInfo: first in a host, last in a path
//
// A colon makes a binding only at the beginning of a segment. Where a name
// stands twice, in the path or in host and path, the texts must be equal. A
// pattern with optional parts is tried without them first. Empty segments of
// a pattern do not count, so a slash at the end of a path means nothing, as
// do dots at either end of a host.
//
// Three patterns are words of their own: "_" is any host or any path, and the
// path "*" is that of the request OPTIONS *, which "_" matches too.
//
// # Requests
//
// Hosts are compared without regard to case, and bindings of a host are in
// lower case. A dot at either end of a host is ignored; a host with an empty
// label in it, as in a..b, is matched by "_" alone.
//
// The segments of a path are percent-decoded, one by one, so that a slash
// written %2F stays within its segment. Then "." and ".." are removed as RFC
// 3986, section 5.2.4, removes them. Empty segments are kept, so /a//b has
// three, but a slash at the end makes none.
//
// # Cost
//
// The path routes of a host are kept in trees of httprouter. Routes that no
// tree of httprouter could hold together, as /users/me and /users/:id, are
// spread over several; a table without such conflicts is one tree, and order
// is kept where two routes match the same path. A lookup of a path without
// bindings allocates nothing.
//
// A [Dispatch] never changes, so its methods may be called from many
// goroutines. New routes are a new Dispatch, put in place of the old one in
// the listener's protocol options.
//
// The package mirrors cowboy_router and cowboy_constraints.
package router

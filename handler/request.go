package handler

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Request is a request and its reply (cowboy_req). It belongs to the
// goroutine that handles it and is not safe for concurrent use.
type Request struct {
	r        *http.Request
	w        http.ResponseWriter
	env      Env
	bindings []Binding

	replied bool
	partial bool  // the reply began, and its body is not known to be complete
	atOnce  bool  // see SendAtOnce
	lazy    *lazy // what only some requests need; nil until one does
}

// NewRequest wraps a request and its writer, as the protocol does for each
// request; tests of handlers and routers may call it too. A nil Logger or
// Sessions in env is replaced by one that is of no other use.
func NewRequest(w http.ResponseWriter, r *http.Request, env Env) *Request {
	if env.Logger == nil {
		env.Logger = discard
	}
	if env.Sessions == nil {
		env.Sessions = new(Sessions)
	}
	return &Request{r: r, w: w, env: env}
}

// Env returns the request's environment, which a middleware may change.
func (r *Request) Env() *Env { return &r.env }

// HTTP returns the request as net/http has it.
func (r *Request) HTTP() *http.Request { return r.r }

// Context returns the request's context; it ends when the client goes away
// or the reply is complete.
func (r *Request) Context() context.Context { return r.r.Context() }

// SetContext replaces the request's context.
func (r *Request) SetContext(ctx context.Context) { r.r = r.r.WithContext(ctx) }

// SetHTTP replaces the request and the writer of its reply, for middlewares
// that see or change them, such as one made of a net/http middleware. The
// writer is to have the method Unwrap, for [http.ResponseController].
func (r *Request) SetHTTP(w http.ResponseWriter, request *http.Request) { r.w, r.r = w, request }

// Method returns the method, such as "GET" (cowboy_req:method/1).
func (r *Request) Method() string { return r.r.Method }

// Version returns the protocol version: "HTTP/1.0", "HTTP/1.1", "HTTP/2" or
// "HTTP/3" (cowboy_req:version/1).
func (r *Request) Version() string {
	if r.r.ProtoMajor >= 2 {
		return "HTTP/" + strconv.Itoa(r.r.ProtoMajor)
	}
	return r.r.Proto
}

// Scheme returns "http", or "https" over TLS (cowboy_req:scheme/1).
func (r *Request) Scheme() string {
	if r.r.TLS != nil {
		return "https"
	}
	return "http"
}

// Host returns the host in lower case and without the port
// (cowboy_req:host/1).
func (r *Request) Host() string {
	host, _ := splitHostPort(r.r.Host)
	return strings.ToLower(host)
}

// Port returns the port of the Host header, by default the scheme's
// (cowboy_req:port/1).
func (r *Request) Port() int {
	if _, port := splitHostPort(r.r.Host); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			return int(n)
		}
	}
	if r.r.TLS != nil {
		return 443
	}
	return 80
}

// Path returns the path as the client sent it, still percent-encoded and
// without the query (cowboy_req:path/1); "*" for OPTIONS *, and "/" for a URI
// that ends with the host (RFC 9110, section 4.2.3).
func (r *Request) Path() string {
	u := r.r.URL
	switch {
	case u.RawPath != "":
		return u.RawPath
	case u.Path == "" && u.Host != "" && r.r.Method != http.MethodConnect:
		return "/"
	}
	return u.EscapedPath()
}

// QS returns the query string without its "?", still encoded
// (cowboy_req:qs/1).
func (r *Request) QS() string { return r.r.URL.RawQuery }

// URI returns the request's URI with its scheme and host
// (cowboy_req:uri/1). It is the caller's to change, as cowboy_req:uri/2 would.
func (r *Request) URI() *url.URL {
	u := &url.URL{Scheme: r.Scheme(), Host: r.Host(), RawQuery: r.r.URL.RawQuery}
	if port := r.Port(); u.Scheme == "http" && port != 80 || u.Scheme == "https" && port != 443 {
		u.Host += ":" + strconv.Itoa(port)
	}
	if r.r.URL.Path != "*" {
		u.Path, u.RawPath = r.r.URL.Path, r.r.URL.RawPath
	}
	return u
}

// Peer returns the client's address; the zero AddrPort where it has none, as
// over a Unix socket (cowboy_req:peer/1).
func (r *Request) Peer() netip.AddrPort {
	addr, _ := netip.ParseAddrPort(r.r.RemoteAddr)
	return addr
}

// Sock returns the address at which the server took the connection; the zero
// AddrPort where it has none (cowboy_req:sock/1).
func (r *Request) Sock() netip.AddrPort {
	if addr, ok := r.r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return addr.AddrPort()
	}
	return netip.AddrPort{}
}

// Cert returns the client's TLS certificate, or nil (cowboy_req:cert/1).
func (r *Request) Cert() *x509.Certificate {
	if r.r.TLS == nil || len(r.r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.r.TLS.PeerCertificates[0]
}

// Header returns the value of a request header, of whatever case its name
// is; several lines are joined by ", ", those of Cookie by "; ". It returns
// "" where the header is absent (cowboy_req:header/2).
func (r *Request) Header(name string) string {
	lines := r.r.Header.Values(name)
	if len(lines) == 1 {
		return lines[0]
	}
	if strings.EqualFold(name, "Host") {
		return r.r.Host
	}
	if strings.EqualFold(name, "Cookie") {
		return strings.Join(lines, "; ")
	}
	return strings.Join(lines, ", ")
}

// Headers returns the request's headers (cowboy_req:headers/1). Host isn't
// among them, as net/http keeps it apart: ask Header or Host for it.
func (r *Request) Headers() http.Header { return r.r.Header }

// splitHostPort splits host:port, [v6]:port and a host alone.
func splitHostPort(authority string) (host, port string) {
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 || strings.IndexByte(authority[colon:], ']') >= 0 {
		return authority, ""
	}
	return authority[:colon], authority[colon+1:]
}

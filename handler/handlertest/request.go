package handlertest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// Request is a request that a [Client] sends. The zero value is GET / of
// localhost.
type Request struct {
	// Method is GET by default, and POST with a Body.
	Method string

	// Path has the query, if there is one. Default "/".
	Path string

	// Host is the header of that name. Default "localhost".
	Host string

	// Headers replace those of the [Client] and of the Body.
	Headers handler.Headers

	// Cookies are sent besides those of the client's Jar.
	Cookies []*http.Cookie

	// Body is the body. Default none.
	Body Body

	// Version is "HTTP/1.1" or "HTTP/2". Default: the client's.
	Version string

	// Peer is the client's address. Default 192.0.2.1:40000.
	Peer netip.AddrPort

	// TLS makes the request look as if it came over TLS: its scheme is https,
	// and PeerCertificates are the client's. Default: it did not.
	TLS *tls.ConnectionState

	// MayFail lets the test go on after a panic, a second reply, no reply, and
	// a reply that broke off. See [Response.Err].
	MayFail bool
}

// WebSocket returns the request of a WebSocket handshake, for [Client.Upgrade].
func WebSocket(path string) Request {
	return Request{Path: path, Headers: handler.Headers{
		"connection":            "Upgrade",
		"upgrade":               "websocket",
		"sec-websocket-version": "13",
		"sec-websocket-key":     "aGFuZGxlcnRlc3QgIGtleQ==",
	}}
}

// String returns the request's method and path, for failures.
func (r Request) String() string { return r.Method + " " + r.Path }

func (r *Request) setDefaults(c *Client) {
	if r.Method == "" {
		r.Method = http.MethodGet
		if !r.Body.isNone() {
			r.Method = http.MethodPost
		}
	}
	setDefault(&r.Path, "/")
	setDefault(&r.Host, "localhost")
	setDefault(&r.Version, c.Version)
	setDefault(&r.Version, "HTTP/1.1")
	if !r.Peer.IsValid() {
		r.Peer = clientAddr.AddrPort()
	}
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// url parses the path. The scheme is http: the connection is.
func (r *Request) url() (*url.URL, error) {
	u := &url.URL{Path: r.Path}
	if r.Path != "*" {
		var err error
		if !strings.HasPrefix(r.Path, "/") {
			return nil, fmt.Errorf("the path %q does not begin with /", r.Path)
		}
		if u, err = url.ParseRequestURI(r.Path); err != nil {
			return nil, err
		}
	}
	u.Scheme, u.Host = "http", r.Host
	return u, nil
}

// protocols returns the version to speak.
func (r *Request) protocols() (p *http.Protocols, err error) {
	p = new(http.Protocols)
	switch r.Version {
	case "HTTP/1.1":
		p.SetHTTP1(true)
	case "HTTP/2":
		p.SetUnencryptedHTTP2(true)
	default:
		err = fmt.Errorf("the version is %q; HTTP/1.1 and HTTP/2 are allowed", r.Version)
	}
	return p, err
}

// build makes the request that is sent.
func (r *Request) build(ctx context.Context, c *Client) (*http.Request, error) {
	u, err := r.url()
	if err != nil {
		return nil, err
	}
	if r.Body.err != nil {
		return nil, r.Body.err
	}
	h := (&http.Request{Method: r.Method, URL: u, Host: r.Host, Header: http.Header{}}).WithContext(ctx)
	if !r.Body.isNone() {
		h.Body, h.ContentLength = r.Body.open()
		if r.Body.contentType != "" {
			h.Header.Set("Content-Type", r.Body.contentType)
		}
	}
	for _, headers := range [...]handler.Headers{c.Headers, r.Headers} {
		for name, value := range headers {
			h.Header.Set(name, value)
		}
	}
	if c.Jar != nil {
		for _, cookie := range c.Jar.Cookies(jarURL(u)) {
			h.AddCookie(cookie)
		}
	}
	for _, cookie := range r.Cookies {
		h.AddCookie(cookie)
	}
	return h, nil
}

// jarURL is where a jar keeps cookies: over HTTPS, or it would hold back those
// that are Secure.
func jarURL(u *url.URL) *url.URL {
	secure := *u
	secure.Scheme = "https"
	return &secure
}

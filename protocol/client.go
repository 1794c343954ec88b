package protocol

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// client is the link at the client's end of a chain: net/http.
type client struct{ x *exchange }

func (c client) Inform(status int, _ http.Header)    { c.x.writer.WriteHeader(status) }
func (c client) Headers(status int, _ http.Header)   { c.x.writer.WriteHeader(status) }
func (c client) Write(p []byte) (int, error)         { return c.x.writer.Write(p) }
func (c client) WriteString(s string) (int, error)   { return io.WriteString(c.x.writer, s) }
func (c client) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.x.writer, r) }
func (c client) Flush() error                        { return http.NewResponseController(c.x.writer).Flush() }
func (c client) Terminate(Reason)                    {}

func (c client) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(c.x.writer).Hijack()
	if err == nil {
		c.x.taken = conn
	}
	return conn, buffered, err
}

// Read reads the body. net/http adds the trailers to its own request.
func (c client) Read(p []byte) (int, error) {
	n, err := c.x.body.Read(p)
	if err != nil {
		c.x.http.Trailer = c.x.own.Trailer
	}
	return n, err
}

// End gives the trailers to net/http, which sends them after the handler.
func (c client) End(trailers http.Header) {
	h := c.x.writer.Header()
	for name, values := range trailers {
		if !declared(h, name) {
			name = http.TrailerPrefix + name
		}
		h[name] = values
	}
}

// takeTrailers takes the trailers out of a header, where the handler has set
// them as net/http wants it; nil where there are none.
func takeTrailers(h http.Header) (trailers http.Header) {
	take := func(key, name string) {
		if trailers == nil {
			trailers = make(http.Header)
		}
		trailers[name] = h[key]
		delete(h, key)
	}
	for key := range h {
		if name, ok := strings.CutPrefix(key, http.TrailerPrefix); ok {
			take(key, name)
		}
	}
	for _, name := range declaredTrailers(h) {
		if h[name] != nil {
			take(name, name)
		}
	}
	return trailers
}

// declared reports whether the header Trailer announced that name.
func declared(h http.Header, name string) bool { return slices.Contains(declaredTrailers(h), name) }

func declaredTrailers(h http.Header) (names []string) {
	for name := range httpgrammar.Elements(h["Trailer"]) {
		names = append(names, http.CanonicalHeaderKey(name))
	}
	return names
}

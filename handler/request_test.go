package handler_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/stretchr/testify/assert"
)

// newRequest makes a request from a target such as "/path?query".
func newRequest(target string, headers ...string) (*handler.Request, *httptest.ResponseRecorder) {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	return handler.NewRequest(w, r, handler.Env{}), w
}

func TestRequestLine(t *testing.T) {
	req, _ := newRequest("http://Example.ORG:8080/a%2Fb/c?x=1&y")
	assert.Equal(t, "GET", req.Method())
	assert.Equal(t, "HTTP/1.1", req.Version())
	assert.Equal(t, "http", req.Scheme())
	assert.Equal(t, "example.org", req.Host())
	assert.Equal(t, 8080, req.Port())
	assert.Equal(t, "/a%2Fb/c", req.Path())
	assert.Equal(t, "/", handler.NewRequest(nil, httptest.NewRequest("GET", "http://example.com", nil), handler.Env{}).Path())
	assert.Equal(t, "x=1&y", req.QS())
	assert.Equal(t, netip.MustParseAddrPort("192.0.2.1:1234"), req.Peer())
	assert.Nil(t, req.Cert())
}

func TestHostAndPort(t *testing.T) {
	for _, test := range []struct {
		authority string
		tls       bool
		host      string
		port      int
	}{
		{"example.org", false, "example.org", 80},
		{"example.org", true, "example.org", 443},
		{"EXAMPLE.org:81", false, "example.org", 81},
		{"[::1]", false, "[::1]", 80},
		{"[::1]:8443", true, "[::1]", 8443},
		{"example.org:99999", false, "example.org", 80},
		{"example.org:", false, "example.org", 80},
		{"", false, "", 80},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = test.authority
		if test.tls {
			r.TLS = new(tls.ConnectionState)
		}
		req := handler.NewRequest(httptest.NewRecorder(), r, handler.Env{})
		assert.Equal(t, test.host, req.Host(), test.authority)
		assert.Equal(t, test.port, req.Port(), test.authority)
	}
}

func TestVersion(t *testing.T) {
	for proto, want := range map[string]string{"HTTP/1.0": "HTTP/1.0", "HTTP/2.0": "HTTP/2", "HTTP/3.0": "HTTP/3"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Proto = proto
		r.ProtoMajor = int(proto[5] - '0')
		assert.Equal(t, want, handler.NewRequest(nil, r, handler.Env{}).Version())
	}
}

func TestCertAndScheme(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	cert := new(x509.Certificate)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
	req := handler.NewRequest(nil, r, handler.Env{})
	assert.Equal(t, "https", req.Scheme())
	assert.Same(t, cert, req.Cert())
}

func TestPeerAndSock(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "@"
	req := handler.NewRequest(nil, r, handler.Env{})
	assert.False(t, req.Peer().IsValid())
	assert.False(t, req.Sock().IsValid())
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	req.SetContext(context.WithValue(req.Context(), http.LocalAddrContextKey, local))
	assert.EqualValues(t, 80, req.Sock().Port())
}

func TestHeader(t *testing.T) {
	req, _ := newRequest("http://example.org/", "Accept", "a", "Accept", "b", "Cookie", "x=1", "Cookie", "y=2")
	assert.Equal(t, "a, b", req.Header("accept"))
	assert.Equal(t, "x=1; y=2", req.Header("cookie"))
	assert.Equal(t, "example.org", req.Header("host"))
	assert.Equal(t, "", req.Header("x-none"))
	assert.Len(t, req.Headers()["Accept"], 2)
}

package protocol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// TestLimitsOfEveryVersion has the same requests answered alike over HTTP/1.1
// and HTTP/2, as far as a client of net/http makes them. See TestLimits for
// the others.
func TestLimitsOfEveryVersion(t *testing.T) {
	headers := func(n int) http.Header {
		h := http.Header{}
		for i := range n - 1 { // the authority is one
			h.Set(fmt.Sprintf("H%d", i), "v")
		}
		return h
	}
	line := func(n int) string { return "/" + strings.Repeat("a", n-len("GET / HTTP/1.1")) }
	a := func(n int) string { return strings.Repeat("a", n) }
	tests := map[string]struct {
		method, target, host string
		header               http.Header
		status               int
	}{
		"plain":              {"GET", "/", "", nil, 200},
		"longest method":     {a(32), "/", "", nil, 200},
		"method too long":    {a(33), "/", "", nil, 501},
		"longest line":       {"GET", line(8000), "", nil, 200},
		"line too long":      {"GET", line(8001), "", nil, 414},
		"query too long":     {"GET", "/?" + a(8000), "", nil, 414},
		"longest authority":  {"GET", "/", a(255), nil, 200},
		"authority too long": {"GET", "/", a(256), nil, 414},
		"most headers":       {"GET", "/", "", headers(100), 200},
		"too many headers":   {"GET", "/", "", headers(101), 431},
		"too many of one":    {"GET", "/", "", http.Header{"A": strings.Split(a(100), "")}, 431},
		"longest name":       {"GET", "/", "", http.Header{a(64): {"v"}}, 200},
		"name too long":      {"GET", "/", "", http.Header{a(65): {"v"}}, 431},
		"longest value":      {"GET", "/", "", http.Header{"A": {a(4096)}}, 200},
		"value too long":     {"GET", "/", "", http.Header{"A": {a(4097)}}, 431},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var handled int
			each(t, func() protocol.Options {
				return protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
					handled++
					return nil, req.ReplyStatus(200)
				})}
			}, func(t *testing.T, c *peer) {
				handled = 0
				r, err := http.NewRequest(tt.method, c.url+tt.target, nil)
				require.NoError(t, err)
				r.Host = tt.host
				r.Header = http.Header{"User-Agent": nil} // none
				for name, values := range tt.header {
					r.Header[name] = values
				}
				response, err := c.Do(r)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, tt.status, response.StatusCode)
				if tt.status == 200 {
					assert.Equal(t, 1, handled)
				} else {
					assert.Zero(t, handled, "no handler sees what is refused")
				}
				assert.Equal(t, c.http2 || tt.status == 200, !response.Close, "of HTTP/2 only the stream ends")
				response, _ = c.do(t, "GET", nil)
				assert.Equal(t, 200, response.StatusCode, "the server goes on")
			})
		})
	}
}

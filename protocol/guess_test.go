package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// A body without a content type has none compressed either, nor behind the
// links of a chain.
func TestChainsGuessNoContentType(t *testing.T) {
	page := "<html>" + strings.Repeat("<p>upload", 200)
	each(t, func() protocol.Options {
		return protocol.Options{
			Compress:       true,
			StreamHandlers: []protocol.StreamHandler{protocol.ErrorPages{Page: protocol.TextPages}, protocol.Decompress{}},
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				return nil, req.Reply(200, nil, []byte(page))
			}),
		}
	}, func(t *testing.T, c *peer) {
		for _, method := range []string{"GET", "HEAD"} {
			for _, coding := range []string{"gzip", "identity"} {
				response, _ := c.do(t, method, nil, "Accept-Encoding", coding)
				assert.Nil(t, response.Header["Content-Type"], method+" "+coding)
			}
		}
	})
}

// early is a stream handler that gives early errors a body.
type early string

func (early) Init(_ *protocol.Exchange, next protocol.Stream) protocol.Stream { return next }
func (b early) EarlyError(e *protocol.EarlyError)                             { e.Body = []byte(b) }

func TestEarlyErrorsGuessNoContentType(t *testing.T) {
	each(t, func() protocol.Options {
		return protocol.Options{
			MaxMethodLength: 3,
			StreamHandlers:  []protocol.StreamHandler{early("<html>")},
			Dispatch:        dispatch(say("hi")),
		}
	}, func(t *testing.T, c *peer) {
		response, body := c.do(t, "LONG", nil)
		assert.Equal(t, "<html>", body)
		assert.Nil(t, response.Header["Content-Type"])
	})
}

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

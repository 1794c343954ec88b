package protocol_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// TestConnectWithoutItsBody: a CONNECT whose body never comes is answered, as
// any other request is.
func TestConnectWithoutItsBody(t *testing.T) {
	for _, body := range []string{"Content-Length: 9", "Transfer-Encoding: chunked"} {
		synctest.Test(t, func(t *testing.T) {
			dial := servePipes(t, protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				return nil, req.ReplyStatus(405)
			})})
			conn := dial()
			start := time.Now()
			_, err := io.WriteString(conn, "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n"+body+"\r\n\r\n")
			require.NoError(t, err)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Hour)))
			_, err = io.ReadFull(conn, make([]byte, 12))
			require.NoError(t, err)
			assert.Less(t, time.Since(start), time.Second)
			_, err = io.ReadAll(conn)
			assert.NoError(t, err, "the connection is closed")
		})
	}
}

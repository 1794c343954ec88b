package protocol_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// TestMinBodyRate has clients that send a burst, and then some bytes each
// second. None of them keeps silent for IdleTimeout.
func TestMinBodyRate(t *testing.T) {
	const size, burst = 20_000, 15_000
	for name, tt := range map[string]struct {
		min, burst, rate int
		after            time.Duration // the server's patience; 0 if it does not end
	}{
		"a byte a second":     {0, 0, 1, 60 * time.Second},
		"ten bytes":           {0, 0, 10, 62 * time.Second},
		"just enough":         {0, 0, 240, 0},
		"a higher minimum":    {1000, 0, 150, 70 * time.Second},
		"a lower minimum":     {100, 0, 100, 0},
		"no minimum":          {protocol.Unlimited, 0, 20, 0},
		"an early burst":      {0, burst, 1, 60 * time.Second},
		"enough and a burst":  {0, burst, 240, 0},
		"a burst, no minimum": {protocol.Unlimited, burst, 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial := servePipes(t, protocol.Options{MinBodyRate: tt.min, Dispatch: dispatch(reading)})
				conn := dial()
				_, err := fmt.Fprintf(conn, "POST /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", size)
				require.NoError(t, err)
				start := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() { trickle(conn, tt.burst, tt.rate, size) })
				got, err := io.ReadAll(conn)
				require.NoError(t, err)
				took := time.Since(start)
				require.NoError(t, conn.Close())
				sending.Wait()
				if tt.after == 0 {
					assert.Contains(t, string(got), "HTTP/1.1 200 OK")
					return
				}
				assert.Contains(t, string(got), "HTTP/1.1 408 Request Timeout")
				assert.InDelta(t, tt.after.Seconds(), took.Seconds(), 2)
			})
		})
	}
}

func trickle(conn net.Conn, burst, rate, size int) {
	body := make([]byte, size)
	_, err := conn.Write(body[:burst])
	for sent := burst; err == nil && sent < size; sent += rate {
		time.Sleep(time.Second) // of the bubble's clock
		_, err = conn.Write(body[:min(rate, size-sent)])
	}
}

// TestMinBodyRateIsForTheClient has a handler that takes its time.
func TestMinBodyRateIsForTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			b := make([]byte, 1)
			for {
				if _, err := req.Body().Read(b); err == io.EOF {
					return nil, req.ReplyText(200, "all of it")
				} else if err != nil {
					return nil, err
				}
				time.Sleep(time.Minute) // of the bubble's clock
			}
		})})
		conn := dial()
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde")
		require.NoError(t, err)
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Contains(t, string(got), "all of it")
	})
}

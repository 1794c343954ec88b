package protocol_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

// TestLargeBodies sends a large body up and down through a listener and a
// chain of stream handlers, in flat memory, and the record has its size. The
// frames of HTTP/2 are large ones, to be quick.
func TestLargeBodies(t *testing.T) {
	const piece = 256 << 10
	metrics, seen := records()
	options := protocol.Options{
		StreamHandlers: []protocol.StreamHandler{metrics, protocol.Tracer{
			Match: func(*http.Request) bool { return false },
			Trace: func(protocol.TraceEvent) {},
		}},
		MaxFrameSizeReceived:    piece,
		InitialStreamWindowSize: 4 * piece,
		Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			if req.HasBody() {
				n, err := io.Copy(io.Discard, req.Body())
				if err != nil {
					return nil, err
				}
				return nil, req.ReplyText(200, fmt.Sprint(n))
			}
			s, err := req.StreamReply(200, nil)
			if err != nil {
				return nil, err
			}
			_, err = io.CopyBuffer(s, io.LimitReader(zeros{}, large), make([]byte, piece))
			return nil, err
		}),
	}
	listened := func(t *testing.T, http2 bool) *peer {
		l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"}, options)
		require.NoError(t, err)
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			assert.NoError(t, l.Stop(ctx))
		})
		c := newPeer(t, l.Addr().String(), http2)
		c.Transport.(*http.Transport).HTTP2 = &http.HTTP2Config{MaxReadFrameSize: piece}
		c.Timeout = 2 * time.Minute
		return c
	}
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		for way, exchange := range map[string]func(t *testing.T, c *peer){
			"up": func(t *testing.T, c *peer) {
				r, err := http.NewRequest("POST", c.url, io.LimitReader(zeros{}, large))
				require.NoError(t, err)
				r.ContentLength = large
				response, err := c.Do(r)
				require.NoError(t, err)
				text, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, fmt.Sprint(large), string(text))
				record := take(t, seen)
				assert.EqualValues(t, large, record.RequestBytes)
				assert.EqualValues(t, len(text), record.ResponseBytes)
				assert.Equal(t, protocol.ReasonNormal, record.Reason.Kind)
			},
			"down": func(t *testing.T, c *peer) {
				response, err := c.Get(c.url)
				require.NoError(t, err)
				n, err := io.Copy(io.Discard, response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.EqualValues(t, large, n)
				record := take(t, seen)
				assert.Zero(t, record.RequestBytes)
				assert.EqualValues(t, large, record.ResponseBytes)
				assert.Equal(t, protocol.ReasonNormal, record.Reason.Kind)
			},
		} {
			t.Run(name+"/"+way, func(t *testing.T) {
				c := listened(t, http2)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				exchange(t, c)
				runtime.ReadMemStats(&after)
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, largeHeap, "the body must not pass through the heap")
			})
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

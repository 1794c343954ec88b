package listener_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

type dispatch struct{ handler.Handler }

func (d dispatch) Dispatch(*handler.Request) (handler.Handler, error) { return d.Handler, nil }

func TestServe(t *testing.T) {
	hello := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		return nil, req.ReplyText(200, "Hello, World!")
	})
	l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"}, protocol.Options{Dispatch: dispatch{hello}})
	require.NoError(t, err)
	resp, err := http.Get("http://" + l.Addr().String())
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "Hello, World!", string(body))
	require.NoError(t, resp.Body.Close())
	require.NoError(t, l.Stop(context.Background()))
}

package protocol_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/protocol"
)

func TestBadOptions(t *testing.T) {
	ok := dispatch(say(""))
	tests := map[string]protocol.Options{
		"Dispatch is nil":           {},
		"Middlewares[1] is nil":     {Middlewares: []protocol.Middleware{protocol.RouterMiddleware, nil}},
		"Wrap[0] is nil":            {Dispatch: ok, Wrap: []func(http.Handler) http.Handler{nil}},
		"MaxHeaders is -1":          {Dispatch: ok, MaxHeaders: -1},
		"MaxKeepalive is -5":        {Dispatch: ok, MaxKeepalive: -5},
		"CompressThreshold is -1":   {Dispatch: ok, CompressThreshold: -1},
		"RequestTimeout is -1s":     {Dispatch: ok, RequestTimeout: -time.Second},
		"IdleTimeout is -1s":        {Dispatch: ok, IdleTimeout: -time.Second},
		"MaxFrameSizeReceived is 1": {Dispatch: ok, MaxFrameSizeReceived: 1},
		"16384 to 16777215":         {Dispatch: ok, MaxFrameSizeReceived: 1 << 24},
		"InitialStreamWindowSize":   {Dispatch: ok, InitialStreamWindowSize: 4 << 20},
	}
	for message, options := range tests {
		_, err := protocol.New(options)
		assert.ErrorContains(t, err, message)
	}
}

func TestDefaultOptions(t *testing.T) {
	o := mustNew(t, protocol.Options{Dispatch: dispatch(say(""))}).Options()
	assert.Equal(t, 5*time.Second, o.RequestTimeout)
	assert.Equal(t, time.Minute, o.IdleTimeout)
	assert.Equal(t, 1000, o.MaxKeepalive)
	assert.Equal(t, 32, o.MaxMethodLength)
	assert.Equal(t, 8000, o.MaxRequestLineLength)
	assert.Equal(t, 255, o.MaxAuthorityLength)
	assert.Equal(t, 100, o.MaxHeaders)
	assert.Equal(t, 64, o.MaxHeaderNameLength)
	assert.Equal(t, 4096, o.MaxHeaderValueLength)
	assert.Equal(t, 300, o.CompressThreshold)
	assert.Equal(t, 100, o.MaxConcurrentStreams)
	assert.Len(t, o.Middlewares, 2)
	assert.True(t, o.Protocols.HTTP1() && o.Protocols.HTTP2() && o.Protocols.UnencryptedHTTP2())
	assert.NotNil(t, o.Logger)
	assert.NotNil(t, o.Sessions)
}

func TestOptionsAreCopied(t *testing.T) {
	options := protocol.Options{
		Env:         map[string]any{"a": 1},
		Middlewares: []protocol.Middleware{protocol.RouterMiddleware},
	}
	p, err := protocol.New(options)
	require.NoError(t, err)
	options.Env["a"], options.Middlewares[0] = 2, nil
	assert.Equal(t, 1, p.Options().Env["a"])
	assert.NotNil(t, p.Options().Middlewares[0])
}

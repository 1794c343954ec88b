package listener_test

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

func TestStartClear(t *testing.T) {
	l := startClear(t, local, with(func(req *handler.Request) (*handler.Upgrade, error) {
		return nil, req.ReplyText(200, req.Env().Listener)
	}))
	assert.NotZero(t, l.Port())
	assert.Equal(t, t.Name(), l.Name())
	p := dial(t, l)
	p.get("TestStartClear")
	p.get("TestStartClear")
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := startClear(t, listener.Options{Addr: "unix:" + path}, say("hi"))
	assert.Zero(t, l.Port())
	assert.Equal(t, "local", l.Info().Transport)
	p := dial(t, l)
	p.get("hi")

	_, err := listener.StartClear("another", listener.Options{Network: "unix", Addr: path}, say("hi"))
	require.ErrorContains(t, err, "address already in use")

	require.NoError(t, l.Suspend())
	require.NoError(t, l.Resume())
	dial(t, l).get("hi")
	require.NoError(t, l.Stop(limited(t)))
	assert.NoFileExists(t, path)
}

func TestUnixSocketLeftBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	socket.SetUnlinkOnClose(false)
	require.NoError(t, socket.Close())
	l := startClear(t, listener.Options{Addr: "unix:" + path}, say("hi"))
	dial(t, l).get("hi")
}

func TestUnixSocketSparesFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
	_, err := listener.StartClear(t.Name(), listener.Options{Addr: "unix:" + path}, say("hi"))
	require.ErrorContains(t, err, "address already in use")
	assert.FileExists(t, path)
}

func TestInheritedSocket(t *testing.T) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := startClear(t, listener.Options{Listener: socket}, say("hi"))
	assert.Equal(t, socket.Addr(), l.Addr())
	dial(t, l).get("hi")
	require.NoError(t, l.Suspend())
	require.NoError(t, l.Resume())
	assert.Equal(t, socket.Addr().String(), l.Addr().String())
	dial(t, l).get("hi")
}

func TestBadOptions(t *testing.T) {
	ok := say("hi")
	withAddr := func(o listener.Options) listener.Options {
		o.Addr = "127.0.0.1:0"
		return o
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = socket.Close() }()
	onlyTLS := ok
	onlyTLS.Protocols.SetHTTP2(true)
	tests := map[string]struct {
		options  listener.Options
		protocol protocol.Options
	}{
		"Addr is empty":               {listener.Options{}, ok},
		"only one of them":            {withAddr(listener.Options{Listener: socket}), ok},
		`Network is "udp"`:            {withAddr(listener.Options{Network: "udp"}), ok},
		"NumAcceptors is -1":          {withAddr(listener.Options{NumAcceptors: -1}), ok},
		"MaxConnections is -2":        {withAddr(listener.Options{MaxConnections: -2}), ok},
		"HandshakeTimeout is -1s":     {withAddr(listener.Options{HandshakeTimeout: -time.Second}), ok},
		"Shutdown is -1s":             {withAddr(listener.Options{Shutdown: -time.Second}), ok},
		"Socket.SendTimeout is -1s":   {withAddr(listener.Options{Socket: listener.Socket{SendTimeout: -time.Second}}), ok},
		"Socket.ReadBuffer is -1":     {withAddr(listener.Options{Socket: listener.Socket{ReadBuffer: -1}}), ok},
		"StartTLS takes them":         {withAddr(listener.Options{TLSConfig: &tls.Config{}}), ok},
		"Dispatch is nil":             {local, protocol.Options{}},
		"missing port":                {listener.Options{Addr: "127.0.0.1"}, ok},
		"Protocols is {HTTP2}":        {local, onlyTLS},
		"UnencryptedHTTP2 must be in": {local, onlyTLS},
	}
	for message, tt := range tests {
		_, err := listener.StartClear(t.Name(), tt.options, tt.protocol)
		assert.ErrorContains(t, err, message)
	}
	_, found := listener.Get(t.Name())
	assert.False(t, found)
}

func TestRegistry(t *testing.T) {
	l := startClear(t, local, say("hi"))
	got, ok := listener.Get(t.Name())
	require.True(t, ok)
	assert.Same(t, l, got)

	_, err := listener.StartClear(t.Name(), local, say("hi"))
	require.ErrorIs(t, err, listener.ErrAlreadyStarted)
	assert.ErrorContains(t, err, t.Name())

	require.NoError(t, listener.Stop(limited(t), t.Name()))
	_, ok = listener.Get(t.Name())
	assert.False(t, ok)
	assert.ErrorIs(t, listener.Stop(context.Background(), t.Name()), listener.ErrNotFound)
	startClear(t, local, say("again")) // the name is free
}

func TestListenersWithoutNames(t *testing.T) {
	for _, text := range []string{"one", "two"} {
		l, err := listener.StartClear("", local, say(text))
		require.NoError(t, err)
		defer func() { assert.NoError(t, l.Stop(limited(t))) }()
		dial(t, l).get(text)
	}
	_, ok := listener.Get("")
	assert.False(t, ok)
}

func TestAddressInUse(t *testing.T) {
	l := startClear(t, local, say("hi"))
	_, err := listener.StartClear("another", listener.Options{Addr: l.Addr().String()}, say("hi"))
	require.ErrorContains(t, err, "another: ")
	require.ErrorContains(t, err, "address already in use")
	_, err = listener.StartClear("", listener.Options{Addr: l.Addr().String()}, say("hi"))
	require.ErrorContains(t, err, "listener: listen tcp")
	_, ok := listener.Get("another")
	assert.False(t, ok)
}

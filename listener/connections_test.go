package listener_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
)

// one has a single acceptor, whose limit is exact.
func one(maxConnections int) listener.Options {
	return listener.Options{Addr: "127.0.0.1:0", NumAcceptors: 1, MaxConnections: maxConnections}
}

func TestMaxConnectionsHolds(t *testing.T) {
	var l *listener.Listener
	var most atomic.Int64
	ready := make(chan struct{})
	l = startClear(t, one(3), with(func(req *handler.Request) (*handler.Upgrade, error) {
		<-ready
		for n := int64(l.Info().ActiveConnections); ; {
			if seen := most.Load(); n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		_ = req.SetRespHeader("Connection", "close")
		return nil, req.ReplyText(200, "hi")
	}))
	close(ready)
	var clients sync.WaitGroup
	for range 50 {
		p := dial(t, l)
		p.request()
		clients.Go(func() { p.reply() })
	}
	clients.Wait()
	assert.LessOrEqual(t, most.Load(), int64(3))
	assert.EqualValues(t, 50, l.Info().Accepted)
}

func TestSetMaxConnections(t *testing.T) {
	l := startClear(t, one(1), say("hi"))
	first, second, third := dial(t, l), dial(t, l), dial(t, l)
	first.get("hi")
	second.request()
	assert.Equal(t, 1, l.Info().ActiveConnections)

	require.NoError(t, l.SetMaxConnections(2))
	second.reply()
	assert.Equal(t, 2, l.Info().MaxConnections)
	third.request()
	require.NoError(t, first.Close()) // makes room
	third.reply()

	require.NoError(t, l.SetMaxConnections(listener.Unlimited))
	for range 10 {
		dial(t, l).get("hi")
	}
	assert.ErrorContains(t, l.SetMaxConnections(0), "MaxConnections is 0")
	assert.ErrorContains(t, l.SetMaxConnections(-2), "MaxConnections is -2")
}

func TestUpgradedConnectionsDoNotCount(t *testing.T) {
	took := make(chan net.Conn, 10)
	l := startClear(t, one(1), lines{took: func(c net.Conn) { took <- c }}.options())
	for range 5 {
		p := dial(t, l)
		p.upgrade()
		p.send("hello\n")
		assert.Equal(t, "hello\n", p.line())
		assert.IsType(t, (*net.TCPConn)(nil), <-took)
	}
	info := l.Info()
	assert.Equal(t, 0, info.ActiveConnections)
	assert.Equal(t, 5, info.AllConnections)
}

func TestInfo(t *testing.T) {
	l := startClear(t, local, say("hi"))
	p := dial(t, l)
	p.get("hi")
	info := l.Info()
	assert.Equal(t, t.Name(), info.Name)
	assert.Equal(t, listener.Running, info.Status)
	assert.Equal(t, l.Addr(), info.Addr)
	assert.Equal(t, 1024, info.MaxConnections)
	assert.Equal(t, 1, info.ActiveConnections)
	assert.Equal(t, 1, info.AllConnections)
	assert.Equal(t, "tcp", info.Transport)
	assert.Equal(t, 10, info.TransportOptions.NumAcceptors)
	assert.Equal(t, 1000, info.ProtocolOptions.MaxKeepalive)
	require.NoError(t, p.Close())
	eventually(t, func() bool { return l.Info().Ended == 1 }, "the connection is counted out")
	assert.Zero(t, l.Info().ActiveConnections)
}

func TestWaitForConnections(t *testing.T) {
	l := startClear(t, local, say("hi"))
	for _, op := range []string{">=", "==", "<=", "=<"} {
		require.NoError(t, l.WaitForConnections(limited(t), op, 0), op)
	}
	require.NoError(t, l.WaitForConnections(limited(t), "<", 1))
	require.ErrorContains(t, l.WaitForConnections(limited(t), "!=", 1), `op is "!="`)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, l.WaitForConnections(ctx, ">", 0), context.Canceled)

	waited := make(chan error, 1)
	go func() { waited <- l.WaitForConnections(limited(t), ">", 0) }()
	dial(t, l).get("hi")
	require.NoError(t, <-waited)
}

// failing is a socket whose Accept fails for a while.
type failing struct {
	net.Listener
	failures atomic.Int32
}

func (f *failing) Accept() (net.Conn, error) {
	if f.failures.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAcceptFailures(t *testing.T) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &failing{Listener: socket}
	f.failures.Store(4)
	var log logs
	options := say("hi")
	options.Logger = log.logger()
	l := startClear(t, listener.Options{Listener: f, NumAcceptors: 2}, options)
	dial(t, l).get("hi")
	assert.Regexp(t, `^[^\n]*accept failed; retrying[^\n]*too many open files[^\n]*listener=TestAcceptFailures\n$`, log.String())
}

func TestSocketClosedBySomebodyElse(t *testing.T) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := startClear(t, listener.Options{Listener: socket}, say("hi"))
	require.NoError(t, socket.Close())
	eventually(t, func() bool { return l.Status() == listener.Suspended }, "it is suspended")
	require.NoError(t, l.Resume())
	dial(t, l).get("hi")
}

func TestSuspendResume(t *testing.T) {
	l := startClear(t, local, say("hi"))
	port := l.Port()
	kept := dial(t, l)
	kept.get("hi")

	for range 2 {
		require.NoError(t, l.Suspend())
		assert.Equal(t, listener.Suspended, l.Status())
	}
	kept.get("hi")
	_, err := net.Dial("tcp", l.Addr().String())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)

	for range 2 {
		require.NoError(t, l.Resume())
		assert.Equal(t, listener.Running, l.Status())
	}
	assert.Equal(t, port, l.Port())
	dial(t, l).get("hi")
	kept.get("hi")
}

func TestSetProtocolOptions(t *testing.T) {
	l := startClear(t, local, say("old"))
	before := dial(t, l)
	before.get("old")
	require.NoError(t, l.SetProtocolOptions(say("new")))
	after := dial(t, l)
	after.get("new")
	before.get("old")
	assert.Equal(t, 2, l.Generations())

	bad := say("bad")
	bad.MaxHeaders = -1
	require.ErrorContains(t, l.SetProtocolOptions(bad), "MaxHeaders is -1")
	dial(t, l).get("new")

	require.NoError(t, before.Close())
	eventually(t, func() bool { return l.Generations() == 1 }, "old options are let go")
	for range 5 { // none of them is used
		require.NoError(t, l.SetProtocolOptions(say("newest")))
	}
	dial(t, l).get("newest")
	after.get("new")
	assert.Equal(t, 2, l.Generations())
}

func TestSessionsOutliveTheirOptions(t *testing.T) {
	l := startClear(t, local, lines{}.options())
	p := dial(t, l)
	p.upgrade()
	require.NoError(t, l.SetProtocolOptions(say("hi")))
	assert.Equal(t, 1, l.Info().AllConnections)
	require.NoError(t, l.Stop(limited(t)))
	assert.Equal(t, "bye\n", p.line())
}

func TestPanicsAreNotNoticed(t *testing.T) {
	l := startClear(t, local, with(func(req *handler.Request) (*handler.Upgrade, error) {
		switch req.Header("Then") {
		case "panic":
			panic("boom")
		case "error":
			return nil, errors.New("boom")
		}
		return nil, req.ReplyText(200, "hi")
	}))
	other := dial(t, l)
	other.get("hi")
	p := dial(t, l)
	for _, then := range []string{"panic", "error"} {
		p.send("GET / HTTP/1.1\r\nHost: x\r\nThen: " + then + "\r\n\r\n")
		status, _ := p.reply()
		assert.Equal(t, 500, status)
	}
	p.get("hi")
	other.get("hi")
}

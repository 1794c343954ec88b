package listener_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

const proxyLine = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n"

// peers tells where requests come from.
func peers() protocol.Options {
	return with(func(req *handler.Request) (*handler.Upgrade, error) {
		h := protocol.ProxyHeaderOf(req)
		if h == nil {
			return nil, req.ReplyText(200, "no header")
		}
		return nil, req.ReplyText(200, fmt.Sprintf("%s %v %v %d %v", req.HTTP().RemoteAddr, req.Peer(), h.Destination, h.Version, h.Local))
	})
}

func withProxyHeader() listener.Options {
	return listener.Options{Addr: "127.0.0.1:0", ProxyHeader: true}
}

const seen = "192.0.2.7:4711 192.0.2.7:4711 198.51.100.1:443 1 false"

func TestProxyHeader(t *testing.T) {
	l := startClear(t, withProxyHeader(), peers())
	p := dial(t, l)
	p.send(proxyLine + "GET / HTTP/1.1\r\nHost: x\r\n\r\n") // in one packet
	_, body := p.reply()
	assert.Equal(t, seen, body)
	p.get(seen) // of the same connection
}

func TestProxyHeaderOfABalancer(t *testing.T) {
	l := startClear(t, withProxyHeader(), peers())
	p := dial(t, l)
	own := p.LocalAddr().String()
	p.send("\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00")
	p.get(own + " " + own + " invalid AddrPort 2 true")
}

func TestProxyHeaderOverHTTP2(t *testing.T) {
	l := startClear(t, withProxyHeader(), peers())
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		p := dial(t, l)
		p.send(proxyLine)
		return p.Conn, nil
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
	require.NoError(t, err)
	body := make([]byte, 100)
	n, _ := response.Body.Read(body)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, seen, string(body[:n]))
}

// TestProxyHeaderBeforeTLS has the header in clear text, as the protocol
// wants it.
func TestProxyHeaderBeforeTLS(t *testing.T) {
	l, config := startTLS(t, withProxyHeader(), peers())
	p := dial(t, l)
	p.send(proxyLine)
	newPeer(t, tls.Client(p.Conn, config)).get(seen)
}

// TestProxyHeaderAndUpgrades shows that a connection is taken over as it is.
func TestProxyHeaderAndUpgrades(t *testing.T) {
	took := make(chan net.Conn, 1)
	l := startClear(t, withProxyHeader(), lines{took: func(c net.Conn) { took <- c }}.options())
	p := dial(t, l)
	p.send(proxyLine)
	p.upgrade()
	p.send("hello\n")
	assert.Equal(t, "hello\n", p.line())
	assert.IsType(t, (*net.TCPConn)(nil), <-took)
}

func TestWithoutAProxyHeader(t *testing.T) {
	server := startClear(t, withProxyHeader(), peers())
	for name, text := range map[string]string{
		"HTTP":            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"malformed":       "PROXY TCP4 1.2.3.4 5.6.7.8 1 x\r\n",
		"silence":         "",
		"an early end":    "PROXY TCP4 1.2",
		"another version": "\r\n\r\n\x00\r\nQUIT\n\x11\x11\x00\x0c",
	} {
		t.Run(name, func(t *testing.T) {
			p := dial(t, server)
			p.send(text)
			p.closed() // within proxyTimeout
		})
	}
	eventually(t, func() bool { return server.Info().ActiveConnections == 0 }, "they are counted out")
	assert.EqualValues(t, 5, server.Info().Accepted)
}

// TestStopWhileAProxyHeaderIsDue does not wait for it.
func TestStopWhileAProxyHeaderIsDue(t *testing.T) {
	l := startClear(t, withProxyHeader(), peers())
	p := dial(t, l)
	eventually(t, func() bool { return l.Info().ActiveConnections == 1 }, "it is accepted")
	require.NoError(t, l.Stop(limited(t)))
	p.closed()
}

func TestNoProxyHeaderByDefault(t *testing.T) {
	l := startClear(t, local, peers())
	dial(t, l).get("no header")
	p := dial(t, l)
	p.send(proxyLine + "\r\n")
	status, _ := p.reply()
	assert.Equal(t, 400, status)
}

func TestAlarms(t *testing.T) {
	type call struct {
		name        string
		connections int
	}
	calls := make(chan call, 10)
	alarm := func(name string, threshold int, cooldown time.Duration) listener.Alarm {
		return listener.Alarm{Name: name, Threshold: threshold, Cooldown: cooldown,
			Callback: func(l *listener.Listener, a listener.Alarm, n int) {
				assert.Equal(t, t.Name(), l.Name())
				calls <- call{a.Name, n}
			}}
	}
	l := startClear(t, listener.Options{Addr: "127.0.0.1:0", Alarms: []listener.Alarm{
		alarm("once", 2, time.Hour), alarm("each", 3, time.Nanosecond), alarm("never", 100, 0),
	}}, say("hi"))
	var got []call
	for i := range 4 {
		dial(t, l).get("hi")
		for range []int{0, 1, 1, 1}[i] {
			got = append(got, <-calls)
		}
	}
	assert.Equal(t, []call{{"once", 2}, {"each", 3}, {"each", 4}}, got)
	assert.Empty(t, calls)
	assert.Equal(t, 5*time.Second, l.Info().TransportOptions.Alarms[2].Cooldown)
}

func TestBadAlarms(t *testing.T) {
	callback := func(*listener.Listener, listener.Alarm, int) {}
	for message, a := range map[string]listener.Alarm{
		"Alarms[0].Threshold is 0":  {Callback: callback},
		"Alarms[0].Cooldown is -1":  {Threshold: 1, Cooldown: -1, Callback: callback},
		"Alarms[0].Callback is nil": {Threshold: 1},
	} {
		_, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0", Alarms: []listener.Alarm{a}}, say("hi"))
		assert.ErrorContains(t, err, message)
	}
}

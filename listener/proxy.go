package listener

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/cowhand/cowhand/protocol"
)

// proxyTimeout is for how long a connection may take to say its PROXY
// header: Cowboy's.
const proxyTimeout = time.Second

// withProxyHeader tells requests of the PROXY header of their connection.
func (g *generation) withProxyHeader(inner connContext) connContext {
	return func(ctx context.Context, c net.Conn) context.Context {
		ctx = inner(ctx, c)
		if p, ok := g.conns.Load(c); ok && p.(*phase).proxy != nil {
			return protocol.WithProxyHeader(ctx, p.(*phase).proxy)
		}
		return ctx
	}
}

type connContext = func(context.Context, net.Conn) context.Context

// expectProxy reads the header that c begins with; false where c was closed.
func (g *generation) expectProxy(c net.Conn) (h *protocol.ProxyHeader, ok bool) {
	_ = c.SetReadDeadline(time.Now().Add(proxyTimeout))
	cancel := context.AfterFunc(g.listener.handshakes, func() { _ = c.Close() })
	h, err := readProxyHeader(c)
	if !cancel() && err == nil {
		err = context.Canceled
	}
	if err != nil {
		_ = c.Close()
		g.listener.release(g)
		g.listener.log(slog.LevelDebug, "no PROXY header", slog.String("peer", c.RemoteAddr().String()), slog.Any("error", err))
		return nil, false
	}
	_ = c.SetReadDeadline(time.Time{})
	return h, true
}

const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"

	// proxyLeast is the length of the shortest header, "PROXY UNKNOWN\r\n".
	proxyLeast = 15

	// proxyLine is the length of the longest header of version 1.
	proxyLine = 107
)

var errProxy = errors.New("listener: the connection does not begin with a PROXY header")

// readProxyHeader reads a header of version 1 or 2 and nothing beyond it,
// which is the client's and not for a buffer of ours.
func readProxyHeader(r io.Reader) (*protocol.ProxyHeader, error) {
	b := make([]byte, proxyLeast, proxyLine)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(b, []byte(proxySignature)):
		return readProxyV2(r, b)
	case bytes.HasPrefix(b, []byte("PROXY ")):
		return readProxyV1(r, b)
	}
	return nil, errProxy
}

// readProxyV1 reads the rest of the line. At least CR and LF are to come, and
// so it reads by twos.
func readProxyV1(r io.Reader, b []byte) (*protocol.ProxyHeader, error) {
	for !bytes.HasSuffix(b, []byte("\r\n")) {
		missing := 2
		if b[len(b)-1] == '\r' {
			missing = 1
		}
		if len(b)+missing > proxyLine || bytes.IndexByte(b, '\n') >= 0 {
			return nil, fmt.Errorf("listener: a PROXY line without an end: %q", b)
		}
		b = b[:len(b)+missing]
		if _, err := io.ReadFull(r, b[len(b)-missing:]); err != nil {
			return nil, err
		}
	}
	h, ok := parseProxyV1(string(b[:len(b)-2]))
	if !ok {
		return nil, fmt.Errorf("listener: a malformed PROXY line: %q", b)
	}
	return h, nil
}

// parseProxyV1 takes a line apart: section 2.1 of the PROXY protocol.
func parseProxyV1(line string) (h *protocol.ProxyHeader, ok bool) {
	fields := strings.Split(line, " ")
	if fields[1] == "UNKNOWN" {
		return &protocol.ProxyHeader{Version: 1, Local: true}, true
	}
	if len(fields) != 6 || (fields[1] != "TCP4" && fields[1] != "TCP6") {
		return nil, false
	}
	h = &protocol.ProxyHeader{Version: 1, Network: "tcp"}
	h.Source, ok = parseProxyAddr(fields[1], fields[2], fields[4])
	if !ok {
		return nil, false
	}
	h.Destination, ok = parseProxyAddr(fields[1], fields[3], fields[5])
	return h, ok
}

func parseProxyAddr(family, host, port string) (netip.AddrPort, bool) {
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" || addr.Is4() != (family == "TCP4") {
		return netip.AddrPort{}, false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, uint16(n)), true
}

package listener

import (
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"strings"
	"time"

	"github.com/cowhand/cowhand/protocol"
)

const (
	// Infinity, as a timeout, is none.
	Infinity = protocol.Infinity

	// BrutalKill, as Options.Shutdown, cuts every connection at once.
	BrutalKill time.Duration = -1

	// Unlimited, as Options.MaxConnections, is no limit.
	Unlimited = -1
)

// Options are Ranch's transport options under their own names. The zero value
// of a field is its default. They are copied at the start and do not change
// after, besides MaxConnections by SetMaxConnections.
type Options struct {
	// Addr is where to listen: "host:port", where port 0 is any free one, or
	// "unix:/path". Required unless Listener is set. (ranch: ip, port)
	Addr string

	// Network is "tcp", "tcp4", "tcp6" or "unix". Default: unix where Addr
	// begins with "unix:", else tcp.
	Network string

	// Listener is an open socket to listen at, such as an inherited one,
	// instead of Addr. The listener owns it from the start on.
	// (ranch: socket)
	Listener net.Listener

	// TLS and TLSConfig are for StartTLS: one of them, or both, has a
	// certificate. Without NextProtos of its own the config offers what
	// protocol.Options.Protocols allows, h2 before http/1.1.
	TLS       TLS
	TLSConfig *tls.Config

	// NumAcceptors is the number of goroutines that accept. Default 10.
	// (ranch: num_acceptors)
	NumAcceptors int

	// MaxConnections is the number of active connections at which accepting
	// pauses. It is soft: each acceptor that is waiting already may accept
	// one more. Default 1024; Unlimited is none. (ranch: max_connections)
	MaxConnections int

	// HandshakeTimeout bounds the TLS handshake. Default 5 s; Infinity is
	// none. (ranch: handshake_timeout)
	HandshakeTimeout time.Duration

	// ProxyHeader has each connection begin with a header of the PROXY
	// protocol, version 1 or 2, before TLS; one that does not within a second
	// is closed. A request's RemoteAddr is then the client's, and
	// [protocol.ProxyHeaderOf] tells the rest. It is for listeners that only
	// load balancers reach: anyone else could claim any address. Default
	// false. (cowboy_http: proxy_header)
	ProxyHeader bool

	// Alarms watch the number of active connections. (ranch: alarms)
	Alarms []Alarm

	// Shutdown bounds Stop, besides the context of that call. Default 5 s;
	// Infinity is none, BrutalKill is no time at all. To let a WebSocket
	// whose peer does not answer end by itself it is longer, by a tenth,
	// than websocket.Options.CloseTimeout. (ranch: shutdown)
	Shutdown time.Duration

	// Socket are options of each accepted connection.
	Socket Socket

	// Quiet keeps [Run] and [Wait] from logging the listener's URL.
	Quiet bool
}

// TLS names PEM files with a certificate chain and its key; both or none.
type TLS struct {
	CertFile, KeyFile string
}

// Socket are options of each accepted connection; on a Unix socket only the
// buffers apply. The backlog is not among them: Go always asks for the most
// that the system allows (on Linux net.core.somaxconn).
type Socket struct {
	// DisableNoDelay lets the system hold small packets back. Default false,
	// as Ranch's nodelay is true. (ranch_tcp: nodelay)
	DisableNoDelay bool

	// KeepAlive is the time after which the system probes a silent peer.
	// Default: Go's 15 s, where Ranch has none; a negative one turns it off.
	// (ranch_tcp: keepalive)
	KeepAlive time.Duration

	// SendTimeout is for how long a peer may take nothing of what is sent
	// before the connection is closed. It is the system's for TCP on Linux,
	// and that of HTTP/2 everywhere. Default 30 s; Infinity is none.
	// (ranch_tcp: send_timeout, send_timeout_close)
	SendTimeout time.Duration

	// ReadBuffer and WriteBuffer are the sizes of the system's buffers in
	// bytes. Default: the system's. (ranch_tcp: recbuf, sndbuf)
	ReadBuffer, WriteBuffer int
}

// withDefaults returns a copy with each default in place of its zero, or an
// error that names the first bad field, its value and what is allowed.
func (o Options) withDefaults() (Options, error) {
	if err := o.setAddr(); err != nil {
		return o, err
	}
	if err := o.setAlarms(); err != nil {
		return o, err
	}
	for _, n := range []struct {
		name       string
		value      *int
		least, def int
	}{
		{"NumAcceptors", &o.NumAcceptors, 1, 10},
		{"MaxConnections", &o.MaxConnections, Unlimited, 1024},
		{"Socket.ReadBuffer", &o.Socket.ReadBuffer, 0, 0},
		{"Socket.WriteBuffer", &o.Socket.WriteBuffer, 0, 0},
	} {
		if *n.value != 0 && (*n.value < n.least || *n.value > math.MaxInt32) {
			return o, fmt.Errorf("listener: %s is %d; 0 for the default, or %d to %d is allowed", n.name, *n.value, n.least, math.MaxInt32)
		}
		if *n.value == 0 {
			*n.value = n.def
		}
	}
	for _, d := range []struct {
		name       string
		value      *time.Duration
		least, def time.Duration
	}{
		{"HandshakeTimeout", &o.HandshakeTimeout, 0, 5 * time.Second},
		{"Shutdown", &o.Shutdown, BrutalKill, 5 * time.Second},
		{"Socket.SendTimeout", &o.Socket.SendTimeout, 0, 30 * time.Second},
	} {
		if *d.value < d.least {
			return o, fmt.Errorf("listener: %s is %v; 0 for %v, more, or Infinity is allowed", d.name, *d.value, d.def)
		}
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return o, nil
}

// setAddr splits the network off Addr.
func (o *Options) setAddr() error {
	if o.Listener != nil {
		if o.Addr != "" {
			return fmt.Errorf("listener: Addr is %q and Listener is set; only one of them is allowed", o.Addr)
		}
		return nil
	}
	if path, ok := strings.CutPrefix(o.Addr, "unix:"); ok && (o.Network == "" || o.Network == "unix") {
		o.Network, o.Addr = "unix", path
	}
	switch o.Network {
	case "":
		o.Network = "tcp"
	case "tcp", "tcp4", "tcp6", "unix":
	default:
		return fmt.Errorf("listener: Network is %q; tcp, tcp4, tcp6 or unix is allowed", o.Network)
	}
	if o.Addr == "" {
		return fmt.Errorf("listener: Addr is empty; host:port or unix:/path is allowed")
	}
	return nil
}

// tlsConfig returns what StartTLS serves with.
func (o *Options) tlsConfig() (*tls.Config, error) {
	config := o.TLSConfig.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if o.TLS != (TLS{}) {
		certificate, err := tls.LoadX509KeyPair(o.TLS.CertFile, o.TLS.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("listener: TLS with CertFile %q and KeyFile %q: %w", o.TLS.CertFile, o.TLS.KeyFile, err)
		}
		config.Certificates = append(config.Certificates[:len(config.Certificates):len(config.Certificates)], certificate)
	}
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return nil, fmt.Errorf("listener: TLS and TLSConfig have no certificate; one of them must")
	}
	return config, nil
}

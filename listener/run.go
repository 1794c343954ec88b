package listener

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/cowhand/cowhand/protocol"
)

// Run is a whole server: it starts a listener, over TLS if options has TLS or
// TLSConfig, and then does what [Wait] does. The listener has no name. A
// program's main usually ends with it:
//
//	if err := listener.Run(ctx, listener.Options{Addr: ":8080"}, options); err != nil {
//		log.Fatal(err)
//	}
func Run(ctx context.Context, options Options, protocolOptions protocol.Options) error {
	start := StartClear
	if options.TLSConfig != nil || options.TLS != (TLS{}) {
		start = StartTLS
	}
	l, err := start("", options, protocolOptions)
	if err != nil {
		return err
	}
	return Wait(ctx, l)
}

// Wait logs the URL of each listener, unless Options.Quiet is set, and waits
// until ctx is done, the process gets SIGINT or SIGTERM, or all listeners have
// been stopped. It then stops them, for which each has its Options.Shutdown.
// A second signal cuts their connections at once, and a third one has its
// usual effect.
//
// Wait returns nil after a stop in good order, whatever caused it, and else
// the errors of [Listener.Stop].
func Wait(ctx context.Context, listeners ...*Listener) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	announce(listeners)
	select {
	case <-ctx.Done():
	case <-signals:
	case <-allStopped(listeners):
	}
	return stopAll(context.WithoutCancel(ctx), signals, listeners)
}

func announce(listeners []*Listener) {
	for _, l := range listeners {
		if !l.options.Quiet {
			l.log(slog.LevelInfo, "listening", slog.String("url", l.URL()))
		}
	}
}

// allStopped returns a channel that is closed once all listeners have ended.
func allStopped(listeners []*Listener) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		for _, l := range listeners {
			<-l.stopped
		}
		close(all)
	}()
	return all
}

// stopAll stops the listeners side by side, until a signal comes.
func stopAll(ctx context.Context, signals chan os.Signal, listeners []*Listener) error {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cut()
		case <-ctx.Done():
		}
	}()
	errs := make([]error, len(listeners))
	var stops sync.WaitGroup
	for i, l := range listeners {
		stops.Go(func() { errs[i] = l.Stop(ctx) })
	}
	stops.Wait()
	return errors.Join(errs...)
}

// URL returns the root of what the listener serves, such as
// "http://localhost:8080/". Its host is that of Options.Addr, and localhost
// for one that listens at every address. On a Unix socket it is
// "unix:/path".
func (l *Listener) URL() string {
	addr := l.Addr()
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return addr.Network() + ":" + addr.String()
	}
	scheme, usual := "http", ":80"
	if l.tls != nil {
		scheme, usual = "https", ":443"
	}
	authority := net.JoinHostPort(l.host(tcp), strconv.Itoa(tcp.Port))
	return scheme + "://" + strings.TrimSuffix(authority, usual) + "/"
}

// host is the name or address by which a client on this machine reaches addr.
func (l *Listener) host(addr *net.TCPAddr) string {
	host, _, err := net.SplitHostPort(l.options.Addr)
	if err != nil { // an inherited socket
		host = addr.IP.String()
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		return "localhost"
	}
	return host
}

package websocket

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// Upgrade answers the handshake, takes the connection over from HTTP and
// starts its loop in a new goroutine. The request's goroutine ends, and frees
// what HTTP holds for it.
func (u *upgrade) Upgrade(req *handler.Request, env *handler.Env) error {
	options := &u.config.Options
	switch {
	case u.config.err != nil:
		return u.config.err
	case u.handler == nil:
		return errNilHandler
	}
	compress := options.Compress == CompressOn || options.Compress == CompressDefault && env.Compress
	agreed, no := negotiate(req, options, compress)
	if no != nil {
		return no.reply(req)
	}
	if name, ok := routeSubprotocol(req.RespHeaders()); ok {
		agreed.protocol = name
	}
	if options.RequireSubprotocol && agreed.protocol == "" {
		return noSubprotocol(options.Subprotocols).reply(req)
	}
	conn := newConn(u.handler, options, &agreed, env, systemClock{})
	info := options.RequestFilter(req)
	if !env.Sessions.Add(conn) {
		return handler.Errorf(http.StatusServiceUnavailable, "websocket: the listener is stopping")
	}
	return conn.takeOver(req, info, &agreed)
}

var (
	errNilHandler = errors.New("websocket: Upgrade was called with a nil Handler")
	errNilHandle  = errors.New("websocket: Handle was called with a nil function")
)

// reply leaves the connection to HTTP.
func (no *refusal) reply(req *handler.Request) error {
	for name, value := range no.headers {
		if err := req.SetRespHeader(name, value); err != nil {
			return err
		}
	}
	return req.ReplyText(no.status, no.text+"\n")
}

// takeOver hijacks the connection, sends the 101 and starts the loop. Unless
// the loop starts, it leaves no session and no connection behind, even if the
// writer's Hijack or a method of the connection panics.
func (c *Conn) takeOver(req *handler.Request, info RequestInfo, agreed *handshake) error {
	var conn net.Conn
	started := false
	defer func() {
		if !started {
			c.abandon(conn)
		}
	}()
	conn, buffered, err := req.Hijack()
	if err != nil {
		return fmt.Errorf("websocket: the connection cannot be taken over from HTTP: %w", err)
	}
	c.request = newRequest(info, agreed, conn.RemoteAddr())
	c.keepEarly(unread(buffered.Reader))
	c.mu.Lock()
	c.transport = newTransport(conn) // so that Cut ends the write
	c.mu.Unlock()
	conn.SetDeadline(time.Time{})
	conn.SetWriteDeadline(time.Now().Add(c.settings.Value().writeTimeout))
	if _, err := conn.Write(agreed.response(req)); err != nil {
		c.settings.Value().logger.Debug("websocket: the client left during the handshake", slog.Any("error", err))
		return nil
	}
	conn.SetWriteDeadline(time.Time{})
	started = true
	go c.run()
	return nil
}

// abandon ends a session whose loop never started. conn is nil if it wasn't
// hijacked.
func (c *Conn) abandon(conn net.Conn) {
	defer c.settings.Value().sessions.Remove(c)
	if conn != nil {
		under(conn).Close() // TLS would send an alert, perhaps behind a failed write
	}
}

// keepEarly stores what the client sent behind its request.
func (c *Conn) keepEarly(early []byte) {
	if early == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attachmentsLocked().early = early
}

// takeEarly returns that once, for the loop.
func (c *Conn) takeEarly() (early []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attachments != nil {
		early, c.attachments.early = c.attachments.early, nil
	}
	return early
}

// unread copies what r has buffered, so that HTTP can reuse r.
func unread(r *bufio.Reader) []byte {
	n := r.Buffered()
	if n == 0 {
		return nil
	}
	early := make([]byte, n)
	copied, _ := r.Read(early)
	return early[:copied]
}

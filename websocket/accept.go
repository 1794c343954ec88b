package websocket

import (
	"bufio"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// Upgrade makes the handshake, takes the connection over from HTTP, and
// starts its loop in a goroutine of its own, so that all that HTTP holds for
// the request can go.
func (u *upgrade) Upgrade(req *handler.Request, env *handler.Env) error {
	if u.surplus {
		return errSurplusOptions
	}
	if u.handler == nil {
		return fmt.Errorf("websocket: Upgrade was called with a nil Handler")
	}
	options := u.options // a route may return the same Upgrade each time
	if err := options.Validate(); err != nil {
		return err
	}
	options.fill()
	compress := options.Compress == CompressOn || options.Compress == CompressDefault && env.Compress
	agreed, no := negotiate(req, &options, compress)
	if no != nil {
		return no.reply(req)
	}
	conn := newConn(u.handler, &options, &agreed, env, systemClock{})
	if set := req.RespHeaders()["Sec-Websocket-Protocol"]; len(set) > 0 {
		agreed.protocol = set[0]
	}
	info := options.RequestFilter(req)
	if !env.Sessions.Add(conn) {
		return handler.Errorf(http.StatusServiceUnavailable, "websocket: the listener is stopping")
	}
	return conn.takeOver(req, info, &agreed)
}

func (no *refusal) reply(req *handler.Request) error {
	for name, value := range no.headers {
		if err := req.SetRespHeader(name, value); err != nil {
			return err
		}
	}
	return req.ReplyText(no.status, no.text+"\n")
}

// takeOver hijacks the connection, sends the response and starts the loop.
func (c *Conn) takeOver(req *handler.Request, info RequestInfo, agreed *handshake) error {
	conn, buffered, err := req.Hijack()
	if err != nil {
		c.settings.Value().sessions.Remove(c)
		return fmt.Errorf("websocket: the connection cannot be taken over from HTTP: %w", err)
	}
	c.request = newRequest(info, agreed, conn.RemoteAddr())
	c.keepEarly(unread(buffered.Reader))
	conn.SetDeadline(time.Time{})
	conn.SetWriteDeadline(time.Now().Add(c.settings.Value().writeTimeout))
	if _, err := conn.Write(agreed.response(req.RespHeaders())); err != nil {
		c.settings.Value().sessions.Remove(c)
		under(conn).Close() // TLS would send an alert behind the failed write
		c.settings.Value().logger.Debug("websocket: the peer left during the handshake", slog.Any("error", err))
		return nil
	}
	conn.SetWriteDeadline(time.Time{})
	c.mu.Lock()
	c.transport = newTransport(conn)
	c.mu.Unlock()
	go c.run()
	return nil
}

func (c *Conn) keepEarly(early []byte) {
	if early == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.extrasLocked().early = early
}

func (c *Conn) takeEarly() (early []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.extras != nil {
		early, c.extras.early = c.extras.early, nil
	}
	return early
}

// unread copies what the client sent together with its request.
func unread(r *bufio.Reader) []byte {
	n := r.Buffered()
	if n == 0 {
		return nil
	}
	early := make([]byte, n)
	copied, _ := r.Read(early)
	return early[:copied]
}

package protocol

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

const (
	// skipTime is how long a reply waits for the rest of a request body that
	// the handler did not read. Once that has come the connection can be used
	// again.
	skipTime = 100 * time.Millisecond

	// lingerTime is how long a connection stays open after such a reply if the
	// rest has not come. Closing it at once would reset it, and the client
	// might lose the reply (RFC 9112, section 9.6; cowboy_http:
	// linger_timeout).
	lingerTime = time.Second

	// maxSkip is the most that net/http skips of a body.
	maxSkip = 256 << 10
)

// upload is a request with a body, as the handler has it. net/http keeps a
// request of its own, and decides by the type of its body whether to close
// the connection and when to ask for the body. That one must not change.
type upload struct {
	own     *http.Request // net/http's
	request http.Request
	body    requestBody
	writer  uploadWriter // of HTTP/1
}

// serveUpload answers a request that has a body.
func (p *Protocol) serveUpload(c *connection, w http.ResponseWriter, r *http.Request) {
	u := &upload{own: r, request: *r}
	if c.proxy != nil {
		u.request.RemoteAddr = c.proxy.remoteAddr(r.RemoteAddr)
	}
	u.body.init(u, w, &p.options)
	u.request.Body = &u.body
	if r.ProtoMajor == 1 {
		u.writer = uploadWriter{ResponseWriter: w, upload: u}
		w = &u.writer
	}
	finished := false
	defer func() { u.finish(finished) }()
	p.answer(w, &u.request)
	finished = true
}

// finish ends the request. One that breaks off does not wait for the client.
func (u *upload) finish(finished bool) {
	if form := u.request.MultipartForm; form != nil {
		u.own.MultipartForm = form // for net/http to remove its files
	}
	if u.own.ProtoMajor == 1 && !u.writer.hijacked {
		if finished {
			u.writer.end()
		}
		u.body.linger(finished)
	}
	u.body.finish()
}

// skip runs before the header of a reply goes out. That is when net/http
// reads the rest of the body, however long the client takes.
func (u *upload) skip() {
	rest, state := u.body.left()
	switch {
	case state == bodyEnded:
		return
	case state == bodyReading:
		// nothing can be skipped
	case u.own.Close, u.writer.Header().Get("Connection") == "close", u.awaitsContinue(), rest >= maxSkip:
		return // net/http closes the connection instead
	case u.body.skip():
		return
	}
	u.body.linger(false) // net/http fails to read on, and closes the connection after the reply
	u.writer.late = true
}

// awaitsContinue reports whether the client sends its body only when asked
// (RFC 9110, section 10.1.1), as net/http tells it.
func (u *upload) awaitsContinue() bool {
	return u.own.ProtoAtLeast(1, 1) && httpgrammar.HasElement([]string{u.own.Header.Get("Expect")}, "100-continue")
}

// uploadWriter writes the response to a request with a body.
type uploadWriter struct {
	http.ResponseWriter
	upload   *upload
	buffered int  // bytes that net/http holds back
	began    bool // the header goes out, or the body stays the handler's
	late     bool // the rest of the body had not come when the header went out
	hijacked bool
}

// headerBuffer is how many bytes of a response net/http holds back, and the
// header with them.
const headerBuffer = 2048

// begin runs before the header goes out.
func (w *uploadWriter) begin() {
	if !w.began {
		w.began = true
		w.upload.skip()
	}
}

// end runs after the handler. A reply to a body that is late goes out before
// the connection lingers.
func (w *uploadWriter) end() {
	w.begin()
	if w.late {
		_ = w.FlushError() // fails only where the connection did
	}
}

// hold counts bytes that are to be written.
func (w *uploadWriter) hold(n int) {
	if w.began {
		return
	}
	if w.buffered += n; w.buffered > headerBuffer {
		w.begin()
	}
}

func (w *uploadWriter) Write(p []byte) (int, error) {
	w.hold(len(p))
	return w.ResponseWriter.Write(p)
}

func (w *uploadWriter) WriteString(s string) (int, error) {
	w.hold(len(s))
	return io.WriteString(w.ResponseWriter, s)
}

func (w *uploadWriter) ReadFrom(src io.Reader) (int64, error) {
	w.begin()
	return io.Copy(w.ResponseWriter, src)
}

func (w *uploadWriter) Flush() { _ = w.FlushError() }

func (w *uploadWriter) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// EnableFullDuplex leaves the body to the handler, which may read it beside
// its reply.
func (w *uploadWriter) EnableFullDuplex() error {
	w.began = true
	return http.NewResponseController(w.ResponseWriter).EnableFullDuplex()
}

func (w *uploadWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = w.hijacked || err == nil
	return conn, buffered, err
}

// Unwrap is for the deadlines of [http.ResponseController].
func (w *uploadWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

package handler

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

var discard = slog.New(slog.DiscardHandler)

// Headers are response headers, of whatever case their names are.
type Headers map[string]string

// SetRespHeader sets a header of the reply to come
// (cowboy_req:set_resp_header/3). It is [ErrReplied] after the reply. A name
// that is no token and a value with a control character, such as a line
// break, are refused; so are cookies, which are set by [Request.SetRespCookie].
func (r *Request) SetRespHeader(name, value string) error {
	if r.replied {
		return ErrReplied
	}
	if err := checkHeader(name, value); err != nil {
		return err
	}
	r.w.Header().Set(name, value)
	return nil
}

// AddRespHeader adds a line to a header of the reply to come, beside those set
// before: names that repeat in the list of cowboy_req:set_resp_headers/2.
// Errors are as of SetRespHeader.
func (r *Request) AddRespHeader(name, value string) error {
	if r.replied {
		return ErrReplied
	}
	if err := checkHeader(name, value); err != nil {
		return err
	}
	r.w.Header().Add(name, value)
	return nil
}

// SetRespHeaders sets headers of the reply to come
// (cowboy_req:set_resp_headers/2). Errors are as of SetRespHeader; then none
// is set.
func (r *Request) SetRespHeaders(headers Headers) error {
	if r.replied {
		return ErrReplied
	}
	return headers.addTo(r.w.Header())
}

// HasRespHeader reports whether a header of the reply is set
// (cowboy_req:has_resp_header/2).
func (r *Request) HasRespHeader(name string) bool {
	return len(r.w.Header().Values(name)) > 0
}

// RespHeaders returns the headers of the reply to come.
func (r *Request) RespHeaders() http.Header { return r.w.Header() }

// DeleteRespHeader removes a header of the reply to come
// (cowboy_req:delete_resp_header/2).
func (r *Request) DeleteRespHeader(name string) { r.w.Header().Del(name) }

// SetRespBody sets the body that a Reply with a nil body sends
// (cowboy_req:set_resp_body/2), in place of one set before.
func (r *Request) SetRespBody(body []byte) {
	if body == nil && (r.lazy == nil || r.lazy.shared()) {
		return
	}
	lazy := r.more()
	lazy.respBody, lazy.respFile = body, nil
}

// SetRespFile makes a region of a file the body that a Reply with a nil body
// sends (cowboy_req:set_resp_body/2 with a sendfile tuple), in place of one
// set before.
func (r *Request) SetRespFile(file File) {
	lazy := r.more()
	lazy.respBody, lazy.respFile = nil, &file
}

// HasRespBody reports whether a body that is not empty is set
// (cowboy_req:has_resp_body/1); a file counts as one, whatever its length.
func (r *Request) HasRespBody() bool {
	set := r.seen()
	return len(set.respBody) > 0 || set.respFile != nil
}

// Replied reports whether the reply was sent, begun, or handed over by
// [Request.Writer] or [Request.Hijack].
func (r *Request) Replied() bool { return r.replied }

// Unfinished reports whether a reply has begun whose body is not known to be
// complete: a stream without [Stream.Trailers], a body that could not be sent
// to its end, and whatever [Request.Writer] handed over. A handler that fails
// then has its reply broken off by the protocol, so that no client takes a
// part for the whole.
func (r *Request) Unfinished() bool { return r.partial }

// Writer hands the reply over to the caller: Cowhand sends none by itself
// any more. It is for code written for net/http; the writer supports
// [http.ResponseController].
func (r *Request) Writer() http.ResponseWriter {
	r.replied, r.partial = true, true
	return r.w
}

// Hijack takes the connection out of HTTP, for sub-protocols, as
// [http.Hijacker] has it. Where that is an error, as over HTTP/2, the request
// can still be replied to.
func (r *Request) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if r.replied {
		return nil, nil, ErrReplied
	}
	conn, buffered, err := http.NewResponseController(r.w).Hijack()
	r.replied = err == nil
	return conn, buffered, err
}

// SendAtOnce has the reply to come sent when it is made, as in Cowboy, also
// where the handler goes on for long. Without it, the last 4 KB of a Reply go
// out when the handler returns, which is one write less. Over HTTP/2 the end
// of the stream still follows when the handler returns. Streams and loops send
// at once by themselves.
func (r *Request) SendAtOnce() { r.atOnce = true }

// sent is the end of a reply that went well unless err says otherwise.
func (r *Request) sent(err error) error {
	if err == nil && r.atOnce {
		_ = http.NewResponseController(r.w).Flush() // fails where the client has gone, perhaps with all of it
	}
	r.partial = err != nil
	return err
}

// Reply sends the reply: its status, headers besides those set before, and
// body (cowboy_req:reply/4). A nil body sends the one of SetRespBody or
// SetRespFile; an empty one that isn't nil sends none. To a HEAD request the body's length goes out, but not the
// body. It returns [ErrReplied] where a reply was sent before, an error where
// the status allows no body or a header is refused, and the connection's
// error where it failed. See [Request.SendAtOnce] for when it goes out.
func (r *Request) Reply(status int, headers Headers, body []byte) error {
	if body == nil {
		set := r.seen()
		if set.respFile != nil {
			return r.ReplyFile(status, headers, *set.respFile)
		}
		body = set.respBody
	}
	if err := r.beginReply(status, headers, len(body) > 0); err != nil {
		return err
	}
	if len(body) > 0 {
		r.setWithoutValue("Content-Type")
	}
	r.writeHeader(status, int64(len(body)))
	var err error
	if len(body) > 0 && r.r.Method != http.MethodHead {
		_, err = r.w.Write(body)
	}
	return r.sent(err)
}

// ReplyText sends text, as text/plain in UTF-8 unless a content type was set
// before.
func (r *Request) ReplyText(status int, text string) error {
	if !r.replied && !r.detectedAsText(text) {
		if h := r.w.Header(); h["Content-Type"] == nil {
			h["Content-Type"] = textPlain
		}
	}
	if err := r.beginReply(status, nil, text != ""); err != nil {
		return err
	}
	r.writeHeader(status, int64(len(text)))
	var err error
	if text != "" && r.r.Method != http.MethodHead {
		_, err = io.WriteString(r.w, text)
	}
	return r.sent(err)
}

var textPlain = []string{"text/plain; charset=utf-8"}

// ReplyStatus sends a reply with no body but the one of SetRespBody
// (cowboy_req:reply/2).
func (r *Request) ReplyStatus(status int) error { return r.Reply(status, nil, nil) }

// Inform sends an informational response, such as 103 with links
// (cowboy_req:inform/3, RFC 9110, section 15.2). Only the headers given go
// out with it, not those set for the reply. The status is 100, or 102 to 199.
// To a client of HTTP/1.0, which knows of none, nothing is sent.
func (r *Request) Inform(status int, headers Headers) error {
	switch {
	case r.replied:
		return ErrReplied
	case status == http.StatusSwitchingProtocols:
		return Errorf(500, "handler: a 101 hands the connection over; use Hijack and write it yourself")
	case status < 100 || status > 199:
		return Errorf(500, "handler: status %d is not one of an informational response", status)
	case !r.r.ProtoAtLeast(1, 1):
		return nil
	}
	final := r.w.Header()
	kept := maps.Clone(final)
	clear(final)
	err := headers.addTo(final)
	if err == nil {
		r.w.WriteHeader(status)
	}
	clear(final)
	maps.Copy(final, kept)
	return err
}

// beginReply checks and notes that the final reply begins. Who sends it notes
// its end.
func (r *Request) beginReply(status int, headers Headers, hasBody bool) error {
	if r.replied {
		return ErrReplied
	}
	if status < 200 || status > 999 {
		return Errorf(500, "handler: status %d is not one of a final reply (200 to 999)", status)
	}
	if hasBody && !httpgrammar.BodyAllowed(status) {
		return Errorf(500, "handler: a %d reply has no body", status)
	}
	if len(headers) > 0 {
		if err := headers.addTo(r.w.Header()); err != nil {
			return err
		}
	}
	r.replied, r.partial = true, true
	return nil
}

// writeHeader sends the status and the headers of a reply of known length.
func (r *Request) writeHeader(status int, length int64) {
	r.abandonBody()
	if httpgrammar.BodyAllowed(status) && !r.impliesLength(length) {
		if h := r.w.Header(); h["Content-Length"] == nil {
			h["Content-Length"] = []string{strconv.FormatInt(length, 10)}
		}
	}
	r.w.WriteHeader(status)
}

// setWithoutValue keeps a header from being set by those who come later: one
// without values counts as set, and isn't sent. For Content-Type net/http would
// guess: that would make a page of an upload, and differ from what HEAD is told.
func (r *Request) setWithoutValue(name string) {
	h := r.w.Header()
	if _, set := h[name]; !set {
		h[name] = nil
	}
}

// impliedLength is the size in bytes below which net/http holds a body back
// until the handler returns, and then knows its length by itself.
const impliedLength = 2048

// impliesLength reports whether the header Content-Length of a reply goes out
// without being set, which saves a small reply a fiftieth of its cost: it is
// net/http that writes it, and not a writer around it. Only net/http's own
// have the method EnableFullDuplex; others have Unwrap.
func (r *Request) impliesLength(length int64) bool {
	if length == 0 || length >= impliedLength || r.atOnce || r.r.Method == http.MethodHead {
		return false
	}
	_, own := r.w.(interface{ EnableFullDuplex() error })
	return own
}

// addTo sets the headers in h, all of them or none.
func (headers Headers) addTo(h http.Header) error {
	for name, value := range headers {
		if err := checkHeader(name, value); err != nil {
			return err
		}
	}
	for name, value := range headers {
		h.Set(name, value)
	}
	return nil
}

// checkHeader refuses a header that net/http would drop or change, and
// Set-Cookie.
func checkHeader(name, value string) error {
	switch {
	case isSetCookie(name):
		return errSetCookie
	case !httpgrammar.IsToken(name):
		return fmt.Errorf("handler: the header name %q is no token (RFC 9110, section 5.1)", name)
	case strings.IndexFunc(value, isControl) >= 0:
		return fmt.Errorf("handler: the value %q of the header %s has a control character", value, name)
	}
	return nil
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// errSetCookie is Cowboy's invalid_header: a second cookie would replace the
// first.
var errSetCookie = errors.New("handler: set cookies by SetRespCookie, not by the header Set-Cookie")

func isSetCookie(name string) bool {
	return len(name) == len("Set-Cookie") && strings.EqualFold(name, "Set-Cookie")
}

package handler

import (
	"log/slog"
	"net/http"
	"strconv"
)

var discard = slog.New(slog.DiscardHandler)

// Headers are response headers, of whatever case their names are.
type Headers map[string]string

// SetRespHeader sets a header of the reply to come
// (cowboy_req:set_resp_header/3). It is [ErrReplied] after the reply.
func (r *Request) SetRespHeader(name, value string) error {
	if r.replied {
		return ErrReplied
	}
	r.w.Header().Set(name, value)
	return nil
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
// (cowboy_req:set_resp_body/2).
func (r *Request) SetRespBody(body []byte) { r.body = body }

// HasRespBody reports whether a body is set (cowboy_req:has_resp_body/1).
func (r *Request) HasRespBody() bool { return len(r.body) > 0 }

// Replied reports whether the reply was sent, begun, or handed over by
// [Request.Writer].
func (r *Request) Replied() bool { return r.replied }

// Writer hands the reply over to the caller: Cowhand sends none by itself
// any more. It is for code written for net/http; the writer supports
// [http.ResponseController].
func (r *Request) Writer() http.ResponseWriter {
	r.replied = true
	return r.w
}

// Reply sends the reply: its status, headers besides those set before, and
// body (cowboy_req:reply/4). A nil body sends the one of SetRespBody. To a
// HEAD request the body's length goes out, but not the body. It returns
// [ErrReplied] where a reply was sent before, an error where the status
// allows no body, and the connection's error where it failed.
func (r *Request) Reply(status int, headers Headers, body []byte) error {
	if body == nil {
		body = r.body
	}
	if err := r.beginReply(status, len(body) > 0); err != nil {
		return err
	}
	h := r.w.Header()
	for name, value := range headers {
		h.Set(name, value)
	}
	if bodyAllowed(status) && h["Content-Length"] == nil {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	r.w.WriteHeader(status)
	if len(body) == 0 || r.r.Method == http.MethodHead {
		return nil
	}
	_, err := r.w.Write(body)
	return err
}

// ReplyText sends text, as text/plain in UTF-8 unless a content type was set
// before.
func (r *Request) ReplyText(status int, text string) error {
	if h := r.w.Header(); !r.replied && h["Content-Type"] == nil {
		h["Content-Type"] = textPlain
	}
	return r.Reply(status, nil, []byte(text))
}

var textPlain = []string{"text/plain; charset=utf-8"}

// ReplyStatus sends a reply with no body but the one of SetRespBody
// (cowboy_req:reply/2).
func (r *Request) ReplyStatus(status int) error { return r.Reply(status, nil, nil) }

// beginReply checks and notes that the final reply begins.
func (r *Request) beginReply(status int, hasBody bool) error {
	if r.replied {
		return ErrReplied
	}
	if status < 200 || status > 999 {
		return Errorf(500, "handler: status %d is not one of a final reply (200 to 999)", status)
	}
	if hasBody && !bodyAllowed(status) {
		return Errorf(500, "handler: a %d reply has no body", status)
	}
	r.replied = true
	return nil
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

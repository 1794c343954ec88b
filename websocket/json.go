package websocket

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/cowhand/cowhand/websocket/frame"
)

// JSON makes a text frame with v as JSON, encoded by encoding/json. If v can't
// be encoded, sending the frame fails as it does for invalid text: a callback's
// ends the connection like a panic, and [Conn.SendFrame] and [Prepare] return
// an error.
func JSON(v any) Frame {
	payload, err := json.Marshal(v)
	if err != nil {
		return Frame{Opcode: notJSON, Payload: []byte(err.Error())}
	}
	return Frame{Opcode: frame.Text, Payload: payload}
}

// notJSON marks a frame that JSON could not make. check rejects it.
const notJSON Opcode = 0xff

// ReadJSON decodes a text message with encoding/json. Return [Fail] with its
// error, and the client gets close code 1007 and the place of the mistake, or
// 1003 for a binary message:
//
//	move, err := websocket.ReadJSON[move](f)
//	if err != nil {
//		return websocket.Fail(err)
//	}
//
// For a ping or pong, the error is [ErrNotData], for which Fail does nothing.
func ReadJSON[T any](f Frame) (T, error) {
	var v, zero T
	switch {
	case f.IsBinary():
		return zero, &messageError{CloseUnsupportedData, "expected text with JSON, not binary", nil}
	case !f.IsText():
		return zero, ErrNotData
	}
	if err := json.Unmarshal(f.Payload, &v); err != nil {
		return zero, &messageError{CloseInvalidPayload, whyNotJSON(err), err}
	}
	return v, nil
}

// ErrNotData is [ReadJSON]'s error for a ping or pong.
var ErrNotData = errors.New("websocket: the frame is a ping or pong, not a message")

// whyNotJSON tells the client what is wrong, without names of Go types.
func whyNotJSON(err error) string {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("invalid JSON at byte %d", syntax.Offset)
	case errors.As(err, &mismatch):
		kind, _, _ := strings.Cut(mismatch.Value, " ") // "number 1.5"
		if mismatch.Field == "" {
			return fmt.Sprintf("unexpected JSON %s at byte %d", kind, mismatch.Offset)
		}
		return fmt.Sprintf("unexpected JSON %s in %q at byte %d", kind, mismatch.Field, mismatch.Offset)
	}
	return "unexpected JSON"
}

// messageError is an error about a client's message.
type messageError struct {
	code   CloseCode
	public string // for the client
	cause  error  // for the log; may be nil
}

func (e *messageError) Error() string {
	if e.cause == nil {
		return "websocket: " + e.public
	}
	return "websocket: " + e.public + ": " + e.cause.Error()
}

func (e *messageError) Unwrap() error { return e.cause }

// Fail closes the connection because of the client's message, unless err is nil
// or [ErrNotData]. An error of [ReadJSON] has its close code and reason; for
// any other the client gets 1008 and no reason, since an error may tell secrets.
// To choose both, return a [Close] frame.
//
// Terminate gets a reason of kind [ReasonError], whose Err wraps
// [ErrBadMessage] and err. Cowhand logs it at level debug: a client can't fill
// the log.
func Fail(err error) Commands {
	if err == nil || errors.Is(err, ErrNotData) {
		return None
	}
	return Commands{list: &commandList{first: failure{err}}}
}

// failure is the command of Fail.
type failure struct{ err error }

func (failure) command() {}

// failMessage carries out a failure.
func (c *Conn) failMessage(err error) {
	code, text := CloseCode(frame.PolicyViolation), ""
	if m := (*messageError)(nil); errors.As(err, &m) {
		code, text = m.code, shorten(m.public)
	}
	c.settings.Value().logger.Debug("websocket: the handler rejected a message",
		slog.String("path", c.request.common.Value().path), slog.Any("error", err))
	c.stop(Reason{Kind: ReasonError, Err: &peerError{ErrBadMessage, err}}, code, text)
}

// shorten cuts a close reason to what fits (RFC 6455, section 5.5), between two
// characters.
func shorten(reason string) string {
	const most = frame.MaxControlSize - 2
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(reason) <= most {
		return reason
	}
	end := most
	for !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}

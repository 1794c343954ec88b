package websocket

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/cowhand/cowhand/handler"
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

// ReadJSON decodes a text message, as [handler.DecodeJSON] does; its options may
// ask for the strict form. Return [Fail] with its error, and the client gets
// close code 1007 and the place of the mistake, or 1003 for a binary message:
//
//	move, err := websocket.ReadJSON[move](f)
//	if err != nil {
//		return websocket.Fail(err)
//	}
//
// For a ping or pong, the error is [ErrNotData], for which Fail does nothing.
func ReadJSON[T any](f Frame, options ...handler.JSONOptions) (T, error) {
	var v, zero T
	switch {
	case f.IsBinary():
		return zero, errBinary
	case !f.IsText():
		return zero, ErrNotData
	}
	if err := handler.DecodeJSON(f.Payload, &v, options...); err != nil {
		return zero, err
	}
	return v, nil
}

var errBinary = handler.Error(http.StatusUnsupportedMediaType, "expected text with JSON, not binary", nil)

// ErrNotData is [ReadJSON]'s error for a ping or pong.
var ErrNotData = errors.New("websocket: the frame is a ping or pong, not a message")

// Fail closes the connection because of the client's message, unless err is nil
// or [ErrNotData]. An error of [ReadJSON] has its close code and reason. For any
// other the client gets 1008, and as the reason the public message of a
// [handler.StatusError], such as [handler.Error](409, "no such square", err).
// Other errors may tell secrets. To choose both, return a [Close] frame.
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
	code, text := closeOf(err)
	c.settings.Value().logger.Debug("websocket: the handler rejected a message",
		slog.String("path", c.request.common.Value().path), slog.Any("error", err))
	c.stop(Reason{Kind: ReasonError, Err: &peerError{ErrBadMessage, err}}, code, shorten(text))
}

// closeOf returns the close code and the reason for an error about a message.
func closeOf(err error) (code CloseCode, text string) {
	var status *handler.StatusError
	if errors.As(err, &status) {
		text = status.Public
	}
	switch {
	case errors.As(err, new(*handler.JSONError)):
		return frame.InvalidPayload, text
	case errors.Is(err, errBinary):
		return frame.UnsupportedData, text
	}
	return frame.PolicyViolation, text
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

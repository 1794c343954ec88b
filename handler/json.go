package handler

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cowhand/cowhand/internal/strictjson"
)

// JSONCodec writes and reads JSON. The default is encoding/json.
//
// To use another one, put it into the protocol option Env under [JSONKey], or
// let a middleware put it into Env.Values of some requests. Its methods are
// called concurrently.
type JSONCodec interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte, v any) error
}

// JSONKey is the key of a [JSONCodec] in [Env].Values.
const JSONKey = "handler.json"

// JSONOptions are options of [ReadJSON] and [JSONLines]. The zero value has
// the defaults.
type JSONOptions struct {
	// Length is the most bytes of a body, or of a line for JSONLines. Default
	// 1,000,000.
	Length int64

	// Period is the longest that ReadJSON waits for the body. Default 15
	// seconds. JSONLines has no limit but the protocol's.
	Period time.Duration

	// Strict rejects what encoding/json accepts in silence: keys that are
	// missing, unknown, there twice or in another case, null for anything but a
	// pointer or an interface, arrays of another length than the Go array, and
	// text that isn't UTF-8. A key may be missing if its field is a pointer or
	// has omitempty or omitzero in its tag.
	Strict bool

	// AnyType accepts bodies of any content type. By default the type must be
	// JSON. A form of another site can't send that without the browser asking
	// first, so a cookie alone isn't enough to forge a request.
	AnyType bool
}

const jsonLength = 1_000_000

// JSONError says where JSON is invalid. Line is 0 if a codec or a type of your
// own refused it without telling.
type JSONError struct {
	Line, Column int    // from 1; columns count characters
	Path         string // of the value, as a JSON Pointer (RFC 6901); "" is the document
	Reason       string // for the client: names no Go type
	Err          error  // the codec's error; nil if Strict is what refused
}

// Error returns the position and the reason.
func (e *JSONError) Error() string {
	switch {
	case e.Line == 0:
		return e.Reason
	case e.Path == "":
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
	}
	return fmt.Sprintf("line %d, column %d (%s): %s", e.Line, e.Column, e.Path, e.Reason)
}

// Unwrap returns the codec's error.
func (e *JSONError) Unwrap() error { return e.Err }

// ReplyJSON sends v as JSON, as application/json unless a content type was set
// before. A value that can't be JSON is an error, and nothing is sent.
func (r *Request) ReplyJSON(status int, v any) error {
	if r.replied {
		return ErrReplied
	}
	body, err := r.marshalJSON(v)
	if err != nil {
		return err
	}
	if h := r.w.Header(); h["Content-Type"] == nil {
		h["Content-Type"] = applicationJSON
	}
	return r.Reply(status, nil, body)
}

var applicationJSON = []string{"application/json"}

// ReadJSON reads the body as the JSON of a T.
//
// Its errors are of type [*StatusError], with a message for the client: 400
// with a [*JSONError] in it for invalid JSON, 408 and 413 for a body that is
// too slow or too long, and 415 for another content type than
// application/json or one that ends in +json. Return them as they are.
func ReadJSON[T any](req *Request, options ...JSONOptions) (T, error) {
	var value, none T
	o, err := jsonOptions(options)
	if err != nil {
		return none, err
	}
	codec, err := req.jsonCodec()
	if err != nil {
		return none, err
	}
	if err := req.checkJSONType(o, isJSON); err != nil {
		return none, err
	}
	data, err := req.readWhole(BodyOptions{Length: o.Length, Period: o.Period}.orDefault(jsonLength, bodyPeriod))
	if err != nil {
		return none, err
	}
	if invalid := decodeJSON(codec, data, &value, o.Strict); invalid != nil {
		return none, invalid.status()
	}
	return value, nil
}

// DecodeJSON decodes data, such as a WebSocket message, into v with
// encoding/json. The error for invalid JSON is that of [ReadJSON]. Of the
// options, Strict alone matters.
func DecodeJSON(data []byte, v any, options ...JSONOptions) error {
	o, err := jsonOptions(options)
	if err != nil {
		return err
	}
	if invalid := decodeJSON(stdJSON{}, data, v, o.Strict); invalid != nil {
		return invalid.status()
	}
	return nil
}

// decodeJSON decodes data into v, and says why it can't.
func decodeJSON(codec JSONCodec, data []byte, v any, strict bool) *JSONError {
	var err error
	if _, std := codec.(stdJSON); std && strict {
		err = strictjson.Unmarshal(data, v)
	} else if err = codec.Unmarshal(data, v); err != nil {
		err = strictjson.Explain(data, err)
	} else if strict {
		err = strictjson.Check(data, v)
	}
	if err == nil {
		return nil
	}
	var located *strictjson.Error
	if errors.As(err, &located) {
		return &JSONError{located.Line, located.Column, located.Path, located.Reason, located.Err}
	}
	return &JSONError{Reason: "the JSON has a value that is not allowed", Err: err}
}

// status makes the error one for the client.
func (e *JSONError) status() error {
	cause := fmt.Errorf("handler: invalid JSON: %w", e)
	if e.Line == 0 {
		cause = fmt.Errorf("handler: invalid JSON: %w (%w)", e, e.Err)
	}
	return Error(http.StatusBadRequest, e.Error(), cause)
}

func jsonOptions(options []JSONOptions) (o JSONOptions, err error) {
	switch len(options) {
	case 0:
		return o, nil
	case 1:
		return options[0], nil
	}
	return o, fmt.Errorf("handler: %d JSONOptions were given; at most 1 is allowed", len(options))
}

// checkJSONType refuses another content type than ok allows.
func (r *Request) checkJSONType(o JSONOptions, ok func(MediaType) bool) error {
	if o.AnyType {
		return nil
	}
	contentType, err := ParseHeader(r, HeaderContentType)
	if err == nil && !ok(contentType) {
		err = Error(http.StatusUnsupportedMediaType, "the content type is not JSON",
			fmt.Errorf("handler: the content type %q is not JSON", r.Header("Content-Type")))
	}
	return err
}

func isJSON(m MediaType) bool {
	return m.Is("application", "json") || strings.HasSuffix(m.Subtype, "+json")
}

// jsonCodec returns the codec of the request's environment.
func (r *Request) jsonCodec() (JSONCodec, error) {
	switch codec := r.env.Values[JSONKey].(type) {
	case nil:
		return stdJSON{}, nil
	case JSONCodec:
		return codec, nil
	default:
		return nil, fmt.Errorf("handler: %q in the environment is of type %T; a JSONCodec is allowed", JSONKey, codec)
	}
}

// stdJSON is encoding/json.
type stdJSON struct{}

func (stdJSON) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (stdJSON) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func (r *Request) marshalJSON(v any) ([]byte, error) {
	codec, err := r.jsonCodec()
	if err != nil {
		return nil, err
	}
	data, err := codec.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("handler: %T is no JSON: %w", v, err)
	}
	if data == nil {
		data = []byte{} // Reply takes nil for the body that was set
	}
	return data, nil
}

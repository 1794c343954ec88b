package rest

import (
	"encoding/json"
	"fmt"

	"github.com/cowhand/cowhand/handler"
)

// JSON is a [Body] of value, in the reply to req. The media type is that of the
// [Provide] whose callback returns it:
//
//	func (u *user) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
//		return []rest.Provide{{Type: "application/json", To: u.toJSON}}, nil
//	}
//
//	func (u *user) toJSON(req *rest.Request) (rest.Body, error) { return rest.JSON(req, u) }
func JSON(req *Request, value any) (Body, error) {
	data, err := marshal(req, value)
	if err != nil {
		return Body{}, fmt.Errorf("rest: JSON of %T: %w", value, err)
	}
	return Bytes(data), nil
}

// marshal uses the codec of the request, if it has one ([handler.JSONKey]).
func marshal(req *Request, value any) ([]byte, error) {
	if codec, ok := req.Env().Values[handler.JSONKey].(handler.JSONCodec); ok {
		return codec.Marshal(value)
	}
	return json.Marshal(value)
}

// AcceptJSON is an [Accept] of application/json, with any parameters: it reads
// the body as a T, and from gets it. Set the Accept's Type for another type
// that is JSON, such as "application/merge-patch+json".
//
// It reads the body with [handler.ReadJSON], which documents the options and the
// errors. After an error, from isn't called.
func AcceptJSON[T any](from func(req *Request, value T) (Outcome, error), options ...handler.JSONOptions) Accept {
	return Accept{Type: "application/json;*", From: func(req *Request) (Outcome, error) {
		value, err := handler.ReadJSON[T](req.Request, options...)
		if err != nil {
			return Rejected, err
		}
		return from(req, value)
	}}
}

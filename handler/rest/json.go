package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

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

// marshal is where another codec of the request would come in.
func marshal(_ *Request, value any) ([]byte, error) { return json.Marshal(value) }

// AcceptJSON is an [Accept] of application/json, with any parameters: it reads
// the body as a T, and from gets it. Set the Accept's Type for another type
// that is JSON, such as "application/merge-patch+json".
//
// For a body that isn't JSON or no T, Cowhand replies 400, for one of more than
// 1,000,000 bytes 413, and for one that takes more than 15 seconds 408; from
// isn't called then.
func AcceptJSON[T any](from func(req *Request, value T) (Outcome, error)) Accept {
	return Accept{Type: "application/json;*", From: func(req *Request) (Outcome, error) {
		value, err := readJSON[T](req)
		if err != nil {
			return Rejected, err
		}
		return from(req, value)
	}}
}

// jsonLength is the most bytes that AcceptJSON reads.
const jsonLength = 1_000_000

func readJSON[T any](req *Request) (value T, err error) {
	data, more, err := req.ReadBody(handler.BodyOptions{Length: jsonLength + 1}) // one byte more tells whether it is too long
	switch {
	case err != nil:
		return value, err
	case len(data) > jsonLength:
		return value, handler.Errorf(http.StatusRequestEntityTooLarge, "rest: the JSON is longer than %d bytes", jsonLength)
	case more:
		return value, handler.Errorf(http.StatusRequestTimeout, "rest: the JSON did not come in time")
	}
	if err := json.Unmarshal(data, &value); err != nil {
		return value, handler.Errorf(http.StatusBadRequest, "rest: the JSON is invalid%s: %w", position(err), err)
	}
	return value, nil
}

// position tells where encoding/json found a fault, if it says so.
func position(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf(" at byte %d", syntax.Offset)
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return fmt.Sprintf(" at byte %d", mismatch.Offset)
	}
	return ""
}

package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Error says where a document is at fault, and why.
type Error struct {
	Offset       int    // of the byte at fault, from 0
	Line, Column int    // of it, from 1; columns count characters
	Path         string // of the value, as a JSON Pointer (RFC 6901); "" is the document
	Reason       string // in words for the client; names no Go type
	Err          error  // the error of encoding/json, if it is the one that refused
}

// Error returns the position and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
	}
	return fmt.Sprintf("line %d, column %d (%s): %s", e.Line, e.Column, e.Path, e.Reason)
}

// Unwrap returns the error of encoding/json.
func (e *Error) Unwrap() error { return e.Err }

// Explain returns an [*Error] for an error of decoding data by encoding/json.
// An error that tells no position, such as one of an UnmarshalJSON, is
// returned as it is.
func Explain(data []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return syntaxError(data, syntax)
	case errors.As(err, &typ) && json.Valid(data):
		return typeError(data, typ)
	}
	return err
}

func syntaxError(data []byte, err *json.SyntaxError) *Error {
	if len(bytes.TrimSpace(data)) == 0 {
		return at(data, len(data), "", "a JSON value is expected, not the end", err)
	}
	offset := int(err.Offset) - 1 // it counts the byte at fault
	if err.Error() == "unexpected end of JSON input" {
		offset = len(data)
	}
	return at(data, offset, "", err.Error(), err)
}

func typeError(data []byte, err *json.UnmarshalTypeError) *Error {
	c := cursor{data: data}
	c.space()
	offset, path, _ := c.find(int(err.Offset) - 1) // the last byte that was read
	value, number, isNumber := strings.Cut(err.Value, " ")
	found := article(value)
	if isNumber {
		found = number
	}
	return at(data, offset, path, expected(err.Type)+" is expected, not "+found, err)
}

// at makes an error of the byte at offset.
func at(data []byte, offset int, path, reason string, err error) *Error {
	offset = max(0, min(offset, len(data)))
	before := data[:offset]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return &Error{
		Offset: offset,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: utf8.RuneCount(line) + 1,
		Path:   path,
		Reason: reason,
		Err:    err,
	}
}

// article puts a or an before what encoding/json calls a value.
func article(value string) string {
	switch value {
	case "null":
		return value
	case "bool":
		return "a boolean"
	case "array", "object":
		return "an " + value
	}
	return "a " + value
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
)

// expected says in JSON's terms what a type takes.
func expected(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		return "a string"
	}
	switch kind := t.Kind(); kind {
	case reflect.Bool:
		return "a boolean"
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return fmt.Sprintf("an integer from %d to %d", int64(-1)<<(t.Bits()-1), int64(1)<<(t.Bits()-1)-1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("an integer from 0 to %d", uint64(1)<<t.Bits()-1)
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return "an integer from 0"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "a string in base64"
		}
		return "an array"
	case reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "another value"
}

package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Unmarshal decodes data into v, which is a pointer, and refuses what the
// package comment says. The error is an [*Error], unless it is one of v's own
// methods. After an error v may hold a part of the document, as with
// encoding/json.
func Unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return Explain(data, err)
	}
	return check(data, v)
}

// Check tells whether data is a document that [Unmarshal] decodes into v,
// which another decoder has done. It is for codecs other than encoding/json.
func Check(data []byte, v any) error {
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return Explain(data, err)
	}
	return check(data, v)
}

func check(data []byte, v any) error {
	if !utf8.Valid(data) {
		return at(data, invalidUTF8(data), "", "the text is not UTF-8", nil)
	}
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return errors.New("strictjson: the value to decode into is not a pointer")
	}
	c := cursor{data: data}
	c.space()
	return c.check(t.Elem())
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// check looks at the value at the cursor, which is decoded into type t; nil
// if that is any, or decides by itself.
func (c *cursor) check(t reflect.Type) error {
	t, nullable := target(t)
	if !nullable && c.data[c.i] == 'n' && !takesNull(t) {
		return at(c.data, c.i, "", expected(t)+" is expected, not null", nil)
	}
	first := c.data[c.i]
	if first != '{' && first != '[' {
		return c.members(nil)
	}
	if t != nil && decodesItself(t) {
		t = nil
	}
	switch {
	case first == '[':
		return c.checkArray(t)
	case t != nil && t.Kind() == reflect.Struct:
		return c.checkStruct(fieldsOf(t))
	case t != nil && t.Kind() == reflect.Map:
		return c.checkMap(t.Elem())
	}
	return c.checkMap(nil)
}

// decodesItself reports whether a type has a method that decodes it.
func decodesItself(t reflect.Type) bool {
	if known, ok := decoders.Load(t); ok {
		return known.(bool)
	}
	pointer := reflect.PointerTo(t)
	itself := pointer.Implements(unmarshaler) || pointer.Implements(textUnmarshaler)
	decoders.Store(t, itself)
	return itself
}

// decoders tells of each type whether it decodes itself: asking is slow.
var decoders sync.Map // reflect.Type to bool

// target returns the type that a value is decoded into, nil for any, and
// whether it may be null.
func target(t reflect.Type) (_ reflect.Type, nullable bool) {
	for t != nil && t.Kind() == reflect.Pointer {
		t, nullable = t.Elem(), true
	}
	if t == nil || t.Kind() == reflect.Interface {
		return nil, true
	}
	return t, nullable
}

// takesNull reports whether a type decides by itself what null is.
func takesNull(t reflect.Type) bool {
	return t != reflect.TypeFor[time.Time]() && reflect.PointerTo(t).Implements(unmarshaler)
}

func (c *cursor) checkArray(t reflect.Type) error {
	start, count := c.i, 0
	var elem reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		elem = t.Elem()
	}
	err := c.members(func(_ string, index, _ int) error {
		count++
		if err := c.check(elem); err != nil {
			return under(err, strconv.Itoa(index))
		}
		return nil
	})
	if err == nil && t != nil && t.Kind() == reflect.Array && t.Len() != count {
		return at(c.data, start, "", fmt.Sprintf("an array of %d is expected, not of %d", t.Len(), count), nil)
	}
	return err
}

// under puts a key in front of the path of an error.
func under(err error, key string) error {
	if e, ok := err.(*Error); ok {
		e.Path = pointer(key) + e.Path
	}
	return err
}

// checkMap looks at an object that may have any keys, each once.
func (c *cursor) checkMap(elem reflect.Type) error {
	seen := make(map[string]bool)
	return c.members(func(key string, _, offset int) error {
		if seen[key] {
			return c.twice(key, offset)
		}
		seen[key] = true
		return under(c.check(elem), key)
	})
}

func (c *cursor) twice(key string, offset int) error {
	return at(c.data, offset, "", fmt.Sprintf("the key %q is there twice", key), nil)
}

// checkStruct looks at an object that has the keys of fields.
func (c *cursor) checkStruct(f *fields) error {
	start := c.i
	seen := make(map[string]bool, len(f.byKey))
	err := c.members(func(key string, _, offset int) error {
		one, known := f.byKey[key]
		switch {
		case !known:
			return at(c.data, offset, "", f.unknown(key), nil)
		case seen[key]:
			return c.twice(key, offset)
		}
		seen[key] = true
		return under(c.check(one.typ), key)
	})
	if err != nil {
		return err
	}
	var missing []string
	for _, key := range f.required {
		if !seen[key] {
			missing = append(missing, strconv.Quote(key))
		}
	}
	switch slices.Sort(missing); len(missing) {
	case 0:
		return nil
	case 1:
		return at(c.data, start, "", "the key "+missing[0]+" is missing", nil)
	}
	return at(c.data, start, "", "the keys "+strings.Join(missing, ", ")+" are missing", nil)
}

// unknown is the reason to refuse a key.
func (f *fields) unknown(key string) string {
	for other := range f.byKey {
		if strings.EqualFold(key, other) {
			return fmt.Sprintf("the key %q is unknown; it is spelled %q", key, other)
		}
	}
	return fmt.Sprintf("the key %q is unknown", key)
}

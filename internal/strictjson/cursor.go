package strictjson

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// cursor goes through a document that is known to be valid JSON, so it checks
// nothing.
type cursor struct {
	data []byte
	i    int
}

func (c *cursor) space() {
	for c.i < len(c.data) && isSpace(c.data[c.i]) {
		c.i++
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// token skips a byte and the space around it.
func (c *cursor) token() {
	c.space()
	c.i++
	c.space()
}

// text takes a string.
func (c *cursor) text() string {
	start, escaped := c.i, false
	for c.i++; c.data[c.i] != '"'; c.i++ {
		if c.data[c.i] == '\\' {
			escaped = true
			c.i++
		}
	}
	c.i++
	if !escaped {
		return string(c.data[start+1 : c.i-1])
	}
	var text string
	_ = json.Unmarshal(c.data[start:c.i], &text) // the document is valid
	return text
}

// literal skips a number, true, false or null.
func (c *cursor) literal() {
	for c.i < len(c.data) && !isSpace(c.data[c.i]) && strings.IndexByte(",]}", c.data[c.i]) < 0 {
		c.i++
	}
}

// members goes through the value at the cursor, which is at the value of each
// member as it calls member and is to be behind it then. In an object member
// gets the key and its offset, in an array the index as a number.
func (c *cursor) members(member func(key string, index, offset int) error) error {
	switch c.data[c.i] {
	case '{':
		return c.list('}', func(int) error {
			offset := c.i
			key := c.text()
			c.token() // the colon
			return member(key, 0, offset)
		})
	case '[':
		return c.list(']', func(index int) error { return member("", index, c.i) })
	case '"':
		c.text()
	default:
		c.literal()
	}
	return nil
}

// list goes through the items between two brackets.
func (c *cursor) list(end byte, item func(index int) error) error {
	c.token()
	for index := 0; c.data[c.i] != end; index++ {
		if err := item(index); err != nil {
			return err
		}
		if c.space(); c.data[c.i] == ',' {
			c.token()
		}
	}
	c.i++
	return nil
}

var errFound = errors.New("found")

// find returns the offset and the path of the innermost value that has the
// byte at target.
func (c *cursor) find(target int) (offset int, path string, ok bool) {
	start := c.i
	object := c.data[start] == '{'
	_ = c.members(func(key string, index, _ int) error {
		var within string
		if offset, within, ok = c.find(target); !ok {
			return nil
		}
		if !object {
			key = strconv.Itoa(index)
		}
		path = pointer(key) + within
		return errFound
	})
	if ok {
		return offset, path, true
	}
	return start, "", start <= target && target < c.i
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// pointer is a step of a JSON Pointer.
func pointer(key string) string { return "/" + escapePointer.Replace(key) }

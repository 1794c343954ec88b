package conformance

import (
	"bytes"
	"slices"
)

// testCase is one case of the suite: what is sent and what has to come back.
type testCase struct {
	id     string
	offers []offer // of permessage-deflate, families 12 and 13 only
	script script
}

// script is the steps of a case, in order. Its last step ends the connection.
type script []step

type step func(*client)

// send writes all frames at once.
func send(frames ...frame) step {
	return func(c *client) { c.write(wire(frames...)) }
}

// sendEach writes frame by frame.
func sendEach(frames ...frame) step {
	return func(c *client) {
		for _, f := range frames {
			c.write(wire(f))
		}
	}
}

// sendChopped writes the frames in pieces of size bytes.
func sendChopped(size int, frames ...frame) step {
	return func(c *client) {
		for chop := range slices.Chunk(wire(frames...), size) {
			c.write(chop)
		}
	}
}

// lateEach is sendEach for frames that come after a mistake: the server may have
// gone by then.
func lateEach(frames ...frame) step {
	return func(c *client) {
		for _, f := range frames {
			_ = c.tryWrite(wire(f))
		}
	}
}

// lateChopped sends octet by octet what the server may not care to read.
func lateChopped(frames ...frame) step {
	return func(c *client) {
		for _, octet := range wire(frames...) {
			_ = c.tryWrite([]byte{octet})
		}
	}
}

// sendRaw writes bytes that need not be whole frames.
func sendRaw(data []byte) step {
	return func(c *client) { c.write(data) }
}

// expect waits for messages and pongs, in this order and nothing between.
func expect(frames ...frame) step {
	return func(c *client) {
		for _, f := range frames {
			c.expect(f)
		}
	}
}

// quiet lets a moment pass in which the server must not do anything.
func quiet(c *client) { c.expectQuiet() }

// closes ends a connection on which all went well: the client closes with 1000,
// the server answers the same and closes TCP.
func closes(c *client) {
	c.write(wire(closing(1000, "")))
	c.expectClose(1000)
	c.expectEnd()
}

// fails ends a connection on which the client did something wrong: the server
// says so with this code and, as it is the server, closes TCP. Nothing that
// followed the mistake is answered (RFC 6455, section 7.1.7).
func fails(code int) step {
	return func(c *client) {
		c.expectClose(code)
		// The answer may come too late, and in the middle of a frame that the
		// server has given up it is not even a close frame: nothing to check.
		_ = c.tryWrite(wire(closing(code, "")))
		c.expectEnd()
	}
}

// answered ends a connection on which the client has sent its close frame: the
// server answers with one of these codes and closes TCP.
func answered(codes ...int) step {
	return func(c *client) {
		c.expectClose(codes...)
		c.expectEnd()
	}
}

// mayExpect takes the frames in order, as many of them as come before the close
// frame: the cases that Autobahn calls informational.
func mayExpect(frames ...frame) step {
	return func(c *client) {
		for _, f := range frames {
			b, err := c.in.Peek(1)
			if err != nil || b[0]&0xF == opClose {
				return
			}
			c.expect(f)
		}
	}
}

// fill repeats pattern up to n bytes.
func fill(pattern string, n int) string {
	return string(bytes.Repeat([]byte(pattern), n/len(pattern)+1)[:n])
}

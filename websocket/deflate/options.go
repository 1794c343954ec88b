package deflate

import (
	"cmp"
	"errors"
	"fmt"
)

// Defaults of Options.
const (
	// DefaultLevel is the default of Options.Level.
	DefaultLevel = 4

	// DefaultWindowBits is the default size of a window that a connection
	// keeps between messages: 4,096 bytes.
	DefaultWindowBits = 12

	// DefaultMinCompressSize is the default of Options.MinCompressSize, in
	// bytes.
	DefaultMinCompressSize = 64
)

// Window sizes in RFC 7692 are base-2 logarithms of bytes.
const (
	minWindowBits = 8
	maxWindowBits = 15
)

// Options configure compression. The zero value is the default of every
// field. Cowboy: cowboy_websocket, deflate_opts.
type Options struct {
	// Level trades CPU for size, from 1 (fastest) to 9 (smallest). 0 means
	// DefaultLevel. (deflate_opts: level)
	Level int

	// ServerNoContextTakeover compresses each of the server's messages on
	// its own: the connection keeps no window and uses less CPU, but sends
	// more bytes. (deflate_opts: server_context_takeover)
	ServerNoContextTakeover bool

	// ClientNoContextTakeover makes the client do the same.
	// (deflate_opts: client_context_takeover)
	ClientNoContextTakeover bool

	// ServerMaxWindowBits limits the server's window to 1<<bits bytes, 8 to
	// 15. 0 means DefaultWindowBits, or 15 without context takeover, since
	// no window is kept then. The response announces a value below 15 that
	// you set, but not the default, unless the client asks for a limit.
	// (deflate_opts: server_max_window_bits)
	ServerMaxWindowBits int

	// ClientMaxWindowBits limits the client's window likewise, and has the
	// same default. See KeepFullClientWindow for clients that don't let the
	// server limit it. (deflate_opts: client_max_window_bits)
	ClientMaxWindowBits int

	// KeepFullClientWindow lets a client take its context over even if it
	// doesn't let the server limit its window, that is, if it offers
	// permessage-deflate without client_max_window_bits, as Firefox does.
	// Its messages get smaller, but each such connection keeps a window of
	// 32,768 bytes, also while it hibernates.
	//
	// By default the server answers such an offer with
	// client_no_context_takeover (RFC 7692, section 7.1.1.2), and keeps no
	// window. ClientMaxWindowBits 15 allows every client a full window, and
	// so implies KeepFullClientWindow.
	KeepFullClientWindow bool

	// MinCompressSize is the size in bytes of the smallest message to
	// compress. 0 means DefaultMinCompressSize; 1 tries every message.
	MinCompressSize int
}

// Validate reports the first invalid option.
func (o Options) Validate() error {
	for _, f := range []struct {
		name            string
		value, min, max int
	}{
		{"Level", o.Level, 1, len(levels) - 1},
		{"ServerMaxWindowBits", o.ServerMaxWindowBits, minWindowBits, maxWindowBits},
		{"ClientMaxWindowBits", o.ClientMaxWindowBits, minWindowBits, maxWindowBits},
	} {
		if f.value != 0 && (f.value < f.min || f.value > f.max) {
			return fmt.Errorf("deflate: Options.%s is %d; allowed are %d to %d, or 0 for the default", f.name, f.value, f.min, f.max)
		}
	}
	if o.KeepFullClientWindow && o.ClientNoContextTakeover {
		return errors.New("deflate: Options.KeepFullClientWindow and ClientNoContextTakeover exclude each other")
	}
	if o.MinCompressSize < 0 {
		return fmt.Errorf("deflate: Options.MinCompressSize is %d; allowed are sizes in bytes, or 0 for the default", o.MinCompressSize)
	}
	return nil
}

func (o Options) level() int {
	return cmp.Or(o.Level, DefaultLevel)
}

func (o Options) minCompressSize() int {
	return cmp.Or(o.MinCompressSize, DefaultMinCompressSize)
}

func (o Options) keepsFullClientWindow() bool {
	return o.KeepFullClientWindow || o.ClientMaxWindowBits == maxWindowBits
}

// defaultBits is the window size if neither side asks for one. A window that
// isn't kept between messages costs nothing, so it may be large.
func defaultBits(noContextTakeover bool) int {
	if noContextTakeover {
		return maxWindowBits
	}
	return DefaultWindowBits
}

package deflate

import "fmt"

// What an Options field of zero means.
const (
	// DefaultLevel is the level of Options.Level 0.
	DefaultLevel = 4

	// DefaultWindowBits is the size of a window that a connection keeps from
	// one message to the next, where the peer leaves it to us: 4,096 bytes.
	DefaultWindowBits = 12

	// DefaultMinCompressSize is the size in bytes of the smallest message
	// that is worth compressing.
	DefaultMinCompressSize = 64
)

// The window sizes that RFC 7692 knows, as base-2 logarithms of bytes.
const (
	minWindowBits = 8
	maxWindowBits = 15
)

// Options are what the server wants of compression. The zero value means the
// defaults. They mirror Cowboy's cowboy_websocket: deflate_opts.
type Options struct {
	// Level is how hard to look for repetitions, from 1, the fastest, to 9,
	// which makes the smallest messages. 0 means DefaultLevel.
	// (deflate_opts: level)
	Level int

	// ServerNoContextTakeover makes each message that the server sends
	// independent of the ones before it: less memory and CPU, more bytes.
	// (deflate_opts: server_context_takeover)
	ServerNoContextTakeover bool

	// ClientNoContextTakeover asks the client to do the same.
	// (deflate_opts: client_context_takeover)
	ClientNoContextTakeover bool

	// ServerMaxWindowBits limits the server's own window to two to this
	// power, 8 to 15. 0 means DefaultWindowBits, or 15 where no context is
	// taken over, since then no window is kept. A value given here, if below
	// 15, is announced to the client; the default is kept quietly unless
	// the client asked. (deflate_opts: server_max_window_bits)
	ServerMaxWindowBits int

	// ClientMaxWindowBits limits the client's window, 8 to 15. 0 means as
	// with ServerMaxWindowBits if the client lets us choose, else 15. If a
	// value below 15 is given here, an offer that does not let us choose is
	// declined. (deflate_opts: client_max_window_bits)
	ClientMaxWindowBits int

	// MinCompressSize is the size in bytes under which messages go out
	// uncompressed. 0 means DefaultMinCompressSize; 1 tries all.
	MinCompressSize int
}

// Validate reports the first option that is out of range.
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
	if o.MinCompressSize < 0 {
		return fmt.Errorf("deflate: Options.MinCompressSize is %d; allowed are sizes in bytes, or 0 for the default", o.MinCompressSize)
	}
	return nil
}

// level is o.Level or its default.
func (o Options) level() int {
	if o.Level == 0 {
		return DefaultLevel
	}
	return o.Level
}

// minCompressSize is o.MinCompressSize or its default.
func (o Options) minCompressSize() int {
	if o.MinCompressSize == 0 {
		return DefaultMinCompressSize
	}
	return o.MinCompressSize
}

// defaultBits is the window size to choose where neither side gave one: a
// window that is not kept costs nothing, so it may be large.
func defaultBits(noContextTakeover bool) int {
	if noContextTakeover {
		return maxWindowBits
	}
	return DefaultWindowBits
}

package frame_test

import (
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

var validTexts = []string{
	"", "\x00", "a", "\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd", "\uffff", "\U00010000", "\U0010ffff",
	"κόσμε", "Hello-µ@ßöäüàá", "a\u0080b\u0800c\U00010000d", "\ufffe\uffff\U0001fffe",
}

// invalidTexts are texts with the index of the byte that makes them invalid.
var invalidTexts = []struct {
	name string
	text string
	at   int
}{
	{"a continuation byte first", "\x80", 0},
	{"a continuation byte after ASCII", "ab\xbf", 2},
	{"a continuation byte too many", "\xc3\xa9\xa9", 2},
	{"an overlong form of 2 bytes, C0", "\xc0\x80", 0},
	{"an overlong form of 2 bytes, C1", "a\xc1\xbf", 1},
	{"an overlong form of 3 bytes", "\xe0\x80\x80", 1},
	{"an overlong form of 3 bytes, the last", "\xe0\x9f\xbf", 1},
	{"an overlong form of 4 bytes", "\xf0\x80\x80\x80", 1},
	{"an overlong form of 4 bytes, the last", "\xf0\x8f\xbf\xbf", 1},
	{"the first surrogate", "a\xed\xa0\x80", 2},
	{"the last surrogate", "\xed\xbf\xbf", 1},
	{"above U+10FFFF", "\xf4\x90\x80\x80", 1},
	{"F5", "\xf5\x80\x80\x80", 0},
	{"FE", "\xfe", 0},
	{"FF", "é\xff", 2},
	{"2 bytes cut short by ASCII", "\xc3a", 1},
	{"3 bytes cut short by ASCII", "\xe2\x82a", 2},
	{"4 bytes cut short by ASCII", "\xf0\x9d\x84a", 3},
	{"3 bytes cut short by a character", "\xe2\x82\xc3\xa9", 2},
	{"4 bytes cut short by a character", "\xf0\x9d\xc3\xa9", 2},
	{"Autobahn 6.3", "κόσμε\xed\xa0\x80edited", 11},
	{"Autobahn 6.4.1", "κό\xf4\x90\x80\x80ed", 5},
}

// cuts calls f with every way to cut text into pieces, or, if it is longer than
// 12 bytes, with single bytes and with the whole text.
func cuts(text string, f func(pieces []string)) {
	if len(text) > 12 {
		var single []string
		for i := range len(text) {
			single = append(single, text[i:i+1])
		}
		f(single)
		f([]string{text})
		return
	}
	for ways := range 1 << max(0, len(text)-1) {
		var pieces []string
		start := 0
		for i := 1; i < len(text); i++ {
			if ways&(1<<(i-1)) != 0 {
				pieces = append(pieces, text[start:i])
				start = i
			}
		}
		f(append(pieces, text[start:]))
	}
}

func TestUTF8FailsAtTheFirstBadByte(t *testing.T) {
	for _, c := range invalidTexts {
		cuts(c.text, func(pieces []string) {
			var u frame.UTF8
			end := 0
			for _, piece := range pieces {
				end += len(piece)
				valid := u.Valid([]byte(piece))
				require.Equal(t, end <= c.at, valid, "%s: after %d bytes of %q", c.name, end, pieces)
				if !valid {
					break
				}
			}
		})
	}
}

func TestUTF8OfValidText(t *testing.T) {
	for _, text := range validTexts {
		cuts(text, func(pieces []string) {
			var u frame.UTF8
			for _, piece := range pieces {
				require.True(t, u.Valid([]byte(piece)), "%q", pieces)
			}
			require.True(t, u.Complete(), "%q", pieces)
		})
	}
}

func TestUTF8IncompleteThenAnew(t *testing.T) {
	for _, text := range []string{"\xc3", "a\xe2", "\xe2\x82", "\xf0", "\xf0\x9d", "é\xf0\x9d\x84"} {
		cuts(text, func(pieces []string) {
			var u frame.UTF8
			for _, piece := range pieces {
				require.True(t, u.Valid([]byte(piece)), "%q", pieces)
			}
			require.False(t, u.Complete(), "%q", pieces)
			require.True(t, u.Valid([]byte("é")), "a new text")
			require.True(t, u.Complete())
		})
	}
}

// The Parser fails at that byte too, in one frame and in fragments.
func TestTextFailsAtTheFirstBadByte(t *testing.T) {
	for _, c := range invalidTexts {
		for _, fragmented := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/fragmented=%v", c.name, fragmented), func(t *testing.T) {
				in, at := clientFrame(0x81, c.text), 6+c.at+1
				if fragmented {
					in = nil
					for i := range len(c.text) {
						in = append(in, clientFrame(0, c.text[i:i+1])...)
					}
					in[0], at = 0x01, 7*(c.at+1)
				}
				_, used, err := feed(t, &frame.Parser{}, false, eachByte(in)...)
				assert.Equal(t, frame.ErrUTF8, err)
				assert.Equal(t, at, used)
			})
		}
	}
}

// Text read into Tail's memory fails before the frame ends.
func TestTextFailsInTail(t *testing.T) {
	in := clientFrame(0x81, string(make([]byte, 50000))+"\xed\xa0"+string(make([]byte, 50000)))
	for _, lend := range []bool{false, true} {
		chunks := [][]byte{in[:100], in[100:40000], in[40000:60000], in[60000:]}
		_, used, err := feed(t, &frame.Parser{Lend: lend}, true, chunks...)
		assert.Equal(t, frame.ErrUTF8, err)
		assert.Equal(t, 3, used)
	}
}

func FuzzUTF8(f *testing.F) {
	for _, c := range invalidTexts {
		f.Add([]byte(c.text), uint64(0b1011))
	}
	for _, text := range validTexts {
		f.Add([]byte(text+text+text), uint64(0b100100101))
	}
	f.Add([]byte("a text of more than thirty-two bytes, then €"), uint64(1<<43))
	f.Fuzz(func(t *testing.T, text []byte, ways uint64) {
		var u frame.UTF8
		valid, start := true, 0
		for i := 1; i <= len(text) && valid; i++ {
			if i == len(text) || ways>>(i%64)&1 != 0 {
				valid = u.Valid(text[start:i])
				require.Equal(t, beginsText(text[:i]), valid, "%q after %d bytes", text, i)
				start = i
			}
		}
		require.Equal(t, utf8.Valid(text), valid && u.Complete())
	})
}

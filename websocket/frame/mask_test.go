package frame_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// maskByBytes is the algorithm of RFC 6455, section 5.3.
func maskByBytes(b []byte, key [4]byte, start int) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ key[(start+i)%4]
	}
	return out
}

func TestMaskAtAllAlignmentsAndLengths(t *testing.T) {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	memory := make([]byte, 400)
	for i := range memory {
		memory[i] = byte(i*7 + i>>3)
	}
	for align := range 9 {
		for length := range 280 {
			src := memory[align : align+length]
			want := maskByBytes(src, key, 0)

			got := append([]byte(nil), memory...)
			next := frame.Mask(got[align:align+length], binary.LittleEndian.Uint32(key[:]))
			require.Equal(t, memory[:align], got[:align], "before")
			require.Equal(t, want, got[align:align+length], "align %d, length %d", align, length)
			require.Equal(t, memory[align+length:], got[align+length:], "after")
			turned := [4]byte{key[length%4], key[(length+1)%4], key[(length+2)%4], key[(length+3)%4]}
			require.Equal(t, binary.LittleEndian.Uint32(turned[:]), next, "the key that follows")

			dst := make([]byte, length+17)
			require.Equal(t, next, frame.MaskCopy(dst[8:], src, binary.LittleEndian.Uint32(key[:])))
			require.Equal(t, want, dst[8:8+length])
			require.Equal(t, make([]byte, 8), dst[:8])
			require.Equal(t, make([]byte, 9), dst[8+length:])
		}
	}
}

func TestMaskInTwoParts(t *testing.T) {
	key := uint32(0x3d21fa37)
	whole := make([]byte, 150)
	frame.Mask(whole, key)
	for first := range len(whole) {
		parts := make([]byte, len(whole))
		frame.Mask(parts[first:], frame.Mask(parts[:first], key))
		require.Equal(t, whole, parts, "cut at %d", first)
	}
}

func TestMaskExample(t *testing.T) {
	hello := []byte{0x7f, 0x9f, 0x4d, 0x51, 0x58} // RFC 6455, section 5.7
	frame.Mask(hello, 0x3d21fa37)
	require.Equal(t, "Hello", string(hello))
}

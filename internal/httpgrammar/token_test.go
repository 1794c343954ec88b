package httpgrammar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// RFC 9110, section 5.6.2: "Delimiters are chosen from the set of US-ASCII
// visual characters not allowed in a token".
func TestToken(t *testing.T) {
	for c := range 256 {
		visible := c > ' ' && c < 0x7f
		want := visible && strings.IndexByte(`"(),/:;<=>?@[\]{}`, byte(c)) < 0
		assert.Equal(t, want, httpgrammar.IsTokenByte(byte(c)), "%q", c)
		assert.Equal(t, want, httpgrammar.IsToken("a"+string([]byte{byte(c)})), "%q", c)
	}
	assert.False(t, httpgrammar.IsToken(""))
	assert.True(t, httpgrammar.IsToken("permessage-deflate"))
}

func TestDecimal(t *testing.T) {
	for digits, want := range map[string]int64{"0": 0, "007": 7, "999999999999999999": 999999999999999999} {
		n, ok := httpgrammar.Decimal(digits)
		assert.True(t, ok, digits)
		assert.Equal(t, want, n)
	}
	for _, digits := range []string{"", "-1", "+1", "1 ", "1.0", "1000000000000000000", "١"} {
		_, ok := httpgrammar.Decimal(digits)
		assert.False(t, ok, digits)
	}
}

// RFC 9110, section 6.4.1.
func TestBodyAllowed(t *testing.T) {
	for status, want := range map[int]bool{100: false, 101: false, 199: false, 200: true, 204: false, 205: true, 206: true, 304: false, 404: true, 599: true} {
		assert.Equal(t, want, httpgrammar.BodyAllowed(status), status)
	}
}

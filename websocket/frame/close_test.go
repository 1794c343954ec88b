package frame_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

func TestParseClose(t *testing.T) {
	cases := []struct {
		name    string
		payload string
		code    frame.CloseCode
		reason  string
		err     error
	}{
		{"nothing", "", frame.NoStatus, "", nil},
		{"one byte", "\x03", 0, "", frame.ErrCloseTooShort},
		{"a code", "\x03\xe8", frame.NormalClosure, "", nil},
		{"a code and a reason", "\x03\xe9going away", frame.GoingAway, "going away", nil},
		{"the longest reason", "\x0f\xa0" + strings.Repeat("r", 123), 4000, strings.Repeat("r", 123), nil},
		{"a reason of several bytes a character", "\x03\xe8€ 𝄞", frame.NormalClosure, "€ 𝄞", nil},
		{"a reason that is not UTF-8", "\x03\xe8\xed\xa0\x80", frame.NormalClosure, "", frame.ErrUTF8},
		{"a reason cut within a character", "\x03\xe8\xe2\x82", frame.NormalClosure, "", frame.ErrUTF8},
		{"a bad code and a bad reason", "\x00\x00\xff", 0, "", frame.ErrCloseCode},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, reason, err := frame.ParseClose([]byte(c.payload), false)
			assert.Equal(t, c.err, err)
			assert.Equal(t, c.code, code)
			assert.Equal(t, c.reason, string(reason))
		})
	}
	_, reason, err := frame.ParseClose([]byte("\x03\xe8\xff"), true)
	require.NoError(t, err, "unchecked")
	assert.Equal(t, "\xff", string(reason))
}

// RFC 6455, sections 7.4.1 and 7.4.2, and the IANA registry.
func TestCloseCodes(t *testing.T) {
	ranges := []struct {
		first, last int
		valid       bool
	}{
		{0, 999, false},
		{1000, 1003, true},
		{1004, 1006, false},
		{1007, 1014, true},
		{1015, 2999, false},
		{3000, 4999, true},
		{5000, 65535, false},
	}
	next := 0
	for _, r := range ranges {
		require.Equal(t, next, r.first)
		for code := r.first; code <= r.last; code++ {
			require.Equal(t, r.valid, frame.CloseCode(code).Valid(), code)
			got, _, err := frame.ParseClose([]byte{byte(code >> 8), byte(code)}, false)
			require.Equal(t, frame.CloseCode(code), got)
			require.Equal(t, r.valid, err == nil, code)
			if !r.valid {
				require.Equal(t, frame.ErrCloseCode, err)
			}
		}
		next = r.last + 1
	}
	require.Equal(t, 1<<16, next)
	assert.Equal(t, "1009", frame.MessageTooBig.String())
}

func TestAppendClose(t *testing.T) {
	assert.Equal(t, []byte{0x88, 0x00}, frame.AppendClose(nil, frame.NoStatus, ""))
	assert.Equal(t, []byte{0x88, 0x02, 0x03, 0xe8}, frame.AppendClose(nil, frame.NormalClosure, ""))
	assert.Equal(t, "before\x88\x05\x03\xf1bye", string(frame.AppendClose([]byte("before"), frame.MessageTooBig, "bye")))
	longest := frame.AppendClose(nil, 4999, strings.Repeat("r", 123))
	assert.Equal(t, "\x88\x7d\x13\x87"+strings.Repeat("r", 123), string(longest))
}

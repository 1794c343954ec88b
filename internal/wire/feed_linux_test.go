package wire

import (
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFedBytesAreLetGo: the bytes that were fed belong to a pool. Once they are
// read, a connection that waits must not keep them.
func TestFedBytesAreLetGo(t *testing.T) {
	c := New(nil)
	c.Unblock(-1)
	fed := new([64 << 10]byte)
	kept := weak.Make(fed)
	c.Feed(fed[:5])
	n, err := c.Read(make([]byte, 10))
	require.NoError(t, err)
	assert.Equal(t, 5, n)
	_, err = c.Read(make([]byte, 10))
	require.ErrorIs(t, err, ErrDrained)
	fed = nil
	runtime.GC()
	assert.True(t, kept.Value() == nil, "they are kept")
	runtime.KeepAlive(c)
}

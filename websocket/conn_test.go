package websocket

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// TestMemoryOfOnEnd: a member of a group has no timers, and no map for them.
func TestMemoryOfOnEnd(t *testing.T) {
	end := func() {}
	allocs := testing.AllocsPerRun(100, func() { new(Conn).OnEnd(end) })
	assert.LessOrEqual(t, allocs, 3.0, "the Conn, its attachments and a list of one function")
}

// TestSizeOfConn: the next size class of the allocator has 288 bytes. A larger
// Conn costs every connection 32 bytes, so it needs a reason.
func TestSizeOfConn(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(Conn{}), uintptr(256))
}

// TestSizeOfAttachments: members of groups have them, so what fewer connections
// have is behind one more pointer.
func TestSizeOfAttachments(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(attachments{}), uintptr(64))
}

package websocket

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"
	"sync"
)

// checkOwner turns assertLoop on: in this package's tests, and with the race
// detector.
var checkOwner = raceEnabled

// owners are the goroutines that run loops, by connection, while checkOwner
// is set.
var owners sync.Map // of *Conn to int64

// enterLoop makes the calling goroutine the connection's loop until exitLoop.
func (c *Conn) enterLoop() {
	if checkOwner {
		if other, running := owners.LoadOrStore(c, goroutineID()); running {
			panic(fmt.Sprintf("websocket: goroutine %v runs the loop already", other))
		}
	}
}

func (c *Conn) exitLoop() {
	if checkOwner {
		c.assertLoop()
		owners.Delete(c)
	}
}

// assertLoop panics if the calling goroutine isn't the connection's loop.
func (c *Conn) assertLoop() {
	if checkOwner {
		if owner, _ := owners.Load(c); owner != goroutineID() {
			panic(fmt.Sprintf("websocket: goroutine %d uses a field of the loop's, goroutine %v", goroutineID(), owner))
		}
	}
}

// goroutineID reads the ID from the first line of a stack trace: "goroutine
// 18 [running]:".
func goroutineID() int64 {
	var line [64]byte
	text := bytes.TrimPrefix(line[:runtime.Stack(line[:], false)], []byte("goroutine "))
	digits, _, _ := bytes.Cut(text, []byte(" "))
	id, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		panic(err)
	}
	return id
}

package modeltest

import (
	"sync"
	"time"

	"github.com/cowhand/cowhand/websocket"
)

// do carries out a step.
func (r *run) do(s step) *violation {
	switch s.Kind {
	case "message":
		opcode := byte(opText)
		if s.Binary {
			opcode = opBinary
		}
		r.peer.send(r.message(opcode, s, s.Plan))
	case "burst":
		r.peer.send(r.burst(8 * s.Count)...)
	case "ping":
		r.peer.send(r.message(opPing, s, s.Plan))
	case "pong":
		r.peer.send(r.message(opPong, s, s.Plan))
	case "notify":
		_ = r.notify(s.Plan)
	case "send":
		r.send(step{Binary: s.Binary}, s.Size)
	case "sends":
		r.send(s, s.Size)
	case "publish":
		r.publish(s)
	case "publish info":
		r.publishInfo(s.Plan)
	case "timer", "stopped timer":
		r.timer(s.Wait, s.Plan, s.Kind == "stopped timer")
	case "pause":
		time.Sleep(s.Wait)
	case "settle":
		return r.settle()
	case "crowd":
		r.crowd(s)
	case "stall":
		r.stall(s)
	case "busy":
		r.busy(s)
	default:
		r.end(s)
	}
	return nil
}

// burst is small messages in one write, each with a reply.
func (r *run) burst(count int) (messages []*message) {
	var wire []byte
	for range count {
		m := r.message(opText, step{Size: 20}, plan{Commands: []command{{Kind: "text"}}})
		wire = append(wire, m.wire...)
		m.wire = nil
		messages = append(messages, m)
	}
	messages[count-1].wire = wire
	return messages
}

// crowd has everybody speak at once.
func (r *run) crowd(s step) {
	reply := plan{Commands: []command{{Kind: "text"}, {Kind: "hibernate"}}}
	var all sync.WaitGroup
	all.Go(func() { r.send(step{Count: s.Count}, 20) })
	all.Go(func() { r.publish(step{Count: s.Count, Size: 20}) })
	all.Go(func() {
		for range s.Count {
			_ = r.notify(reply)
		}
	})
	for range s.Count {
		r.peer.send(r.message(opText, step{Size: 20}, reply))
	}
	all.Wait()
}

// stall has the client read nothing for a while, in which more is sent to it
// than the kernel's buffers hold.
func (r *run) stall(s step) {
	r.peer.pause()
	resume := time.Now().Add(s.Wait)
	r.send(step{Binary: s.Binary, Count: s.Count, Wait: s.Wait / 20}, s.Size)
	if s.Compressed {
		r.peer.send(r.message(opText, step{}, s.Plan))
	}
	time.Sleep(time.Until(resume))
	r.peer.resume()
}

// busy has a callback outlive IdleTimeout, while another message waits.
func (r *run) busy(s step) {
	first := r.message(opText, step{}, plan{Block: idleTimeout * 2})
	r.peer.send(first)
	eventually(idleTimeout, func() bool { return r.subject.handling(first.payload) })
	r.peer.send(r.message(opText, s, s.Plan))
	time.Sleep(idleTimeout * 2)
}

// end does what ends the connection.
func (r *run) end(s step) {
	switch s.Kind {
	case "remote close":
		code := []int{1000, 1001, 3000, 4999, 0}[s.Count]
		r.arm(cause{name: s.Kind, kind: websocket.ReasonRemote, code: code, payload: remoteReason(code)})
		r.barrier(appendFrame(nil, fin|opClose, closePayload(code, remoteReason(code))))
	case "close":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonStop, code: 1000})
		r.conn.Close()
	case "drain":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonShutdown, code: 1001})
		r.conn.Drain()
	case "cut":
		r.armCut(s.Kind)
		r.conn.Cut()
	case "stop listener":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonShutdown, code: 1001})
		r.stop(patience)
	case "kill listener":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonShutdown, code: 1001})
		r.armCut(s.Kind)
		r.stop(time.Duration(s.Count) * time.Millisecond)
	case "bad frame":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonError, err: websocket.ErrBadFrame, code: 1002})
		r.barrier(badFrames[s.Count])
	case "bad close":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonError, err: websocket.ErrBadFrame, code: 1002})
		r.barrier(appendFrame(nil, fin|opClose, closePayload(1005, "")))
	case "bad text":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonError, err: websocket.ErrBadEncoding, code: 1007})
		r.barrier(appendFrame(nil, fin|opText, []byte("text \xff")))
	case "too big":
		r.arm(cause{name: s.Kind, kind: websocket.ReasonError, err: websocket.ErrBadSize, code: 1009})
		r.barrier(append([]byte{fin | opBinary, 0x80 | 127, 0, 0, 0, 0, 0x7f, 0, 0, 0}, 1, 2, 3, 4, 5, 6))
	case "half-close", "reset", "vanish":
		r.leave(s.Kind)
	default:
		r.endByCommand(s)
	}
}

// badFrames break the protocol: an unmasked frame, reserved bits, a reserved
// opcode, a stray continuation, and a ping in fragments.
var badFrames = [][]byte{
	{fin | opText, 1, 'x'},
	appendFrame(nil, fin|rsv2|opText, []byte("x")),
	appendFrame(nil, fin|3, []byte("x")),
	appendFrame(nil, fin|opContinuation, []byte("x")),
	appendFrame(nil, opPing, []byte("x")),
}

func closePayload(code int, reason string) []byte {
	if code == 0 {
		return nil
	}
	return append([]byte{byte(code >> 8), byte(code)}, reason...)
}

func remoteReason(code int) string {
	if code < 3000 {
		return ""
	}
	return "enough"
}

// barrier sends what nothing may be handled after.
func (r *run) barrier(wire []byte) {
	r.peer.send(&message{wire: wire, barrier: true})
}

func (r *run) armCut(name string) {
	r.arm(cause{name: name, kind: websocket.ReasonShutdown, code: -1})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = true
}

// leave has the client end the connection, in a way that is not WebSocket's.
func (r *run) leave(kind string) {
	r.mu.Lock()
	r.gone = true
	r.mu.Unlock()
	gone := cause{name: kind, kind: websocket.ReasonError, err: websocket.ErrClosed, code: -1}
	switch {
	case kind == "half-close":
		r.arm(gone)
		r.peer.send(&message{barrier: true, halfClose: true})
	case kind == "vanish" && r.script.Setup.Silent:
		r.mu.Lock()
		r.vanished = true
		r.mu.Unlock()
		r.peer.pause()
		if !r.script.Setup.Hasty {
			r.end(step{Kind: "close"})
			return
		}
		r.arm(timedOut)
	default:
		r.arm(gone)
		r.peer.reset()
	}
}

var timedOut = cause{name: "timeout", kind: websocket.ReasonTimeout, code: 1000}

// endByCommand has a callback end the connection.
func (r *run) endByCommand(s step) {
	ending := command{Kind: s.Kind, Size: s.Count}
	p := plan{Commands: []command{{Kind: "text"}, {Kind: "shutdown reason"}, ending, {Kind: "text"}}}
	if s.Count%2 == 0 && r.script.Setup.Policy != websocket.DropOldest {
		if r.notify(p) == nil {
			r.arm(*endings(ending))
		}
		return
	}
	r.arm(*endings(ending))
	r.peer.send(r.message(opText, step{}, p))
}

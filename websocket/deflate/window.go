package deflate

// window is the last bytes of one direction of a connection: what the next
// message may refer to. It is allocated by the first message and grows with
// what passes, up to its size.
type window struct {
	bytes []byte
	size  int // the most to keep; 0: nothing
}

// newWindow returns an empty window, of no size if no context is taken over.
func newWindow(bits int, noContextTakeover bool) window {
	if noContextTakeover {
		return window{}
	}
	return window{size: 1 << bits}
}

// add moves the window on over p.
func (w *window) add(p []byte) {
	if w.size == 0 || len(p) == 0 {
		return
	}
	p = p[max(0, len(p)-w.size):]
	old := w.bytes[max(0, len(w.bytes)+len(p)-w.size):]
	need := len(old) + len(p)
	if need <= cap(w.bytes) {
		w.bytes = w.bytes[:need]
		copy(w.bytes, old)
		copy(w.bytes[len(old):], p)
		return
	}
	// old is all that there was or, since a full window has its full
	// capacity, it is cut because p fills the rest.
	grown := make([]byte, need, min(max(2*cap(w.bytes), roundUp(need)), w.size))
	copy(grown, old)
	copy(grown[len(old):], p)
	w.bytes = grown
}

// roundUp is n in steps of 256.
func roundUp(n int) int { return (n + 255) &^ 255 }

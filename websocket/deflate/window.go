package deflate

// window holds the last bytes of one direction of a connection, to which the
// next message may refer. Most connections send little, so it starts without
// memory and grows with the traffic, up to size.
type window struct {
	bytes []byte
	size  int // 0 without context takeover
}

func newWindow(bits int, noContextTakeover bool) window {
	if noContextTakeover {
		return window{}
	}
	return window{size: 1 << bits}
}

// add appends p and drops the oldest bytes beyond size.
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
	grown := make([]byte, need, min(max(2*cap(w.bytes), roundUp(need)), w.size))
	copy(grown, old)
	copy(grown[len(old):], p)
	w.bytes = grown
}

// roundUp returns the next multiple of 256.
func roundUp(n int) int { return (n + 255) &^ 255 }

package listener

// Generations returns how many sets of protocol options are in use.
func (l *Listener) Generations() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.generations)
}

// Package loop has Go benchmarks of what a connection does: the handshake,
// the way to a handler, the frames of a message and the loop as a whole. They
// need no server beside them; all report allocations.
//
//	go test -run '^$' -bench . ./loop
//	go test -run '^$' -bench 'Echo/tcp' -cpuprofile cpu.out ./loop
//
// Its tests hold what the loop promises about allocations.
package loop

// Heap says what an idle connection keeps: which places in the code allocated
// the memory that is in use after a collection, how much of it is a stack, and
// how large the structs are. Linux.
//
//	go run ./heap
//	go run ./heap -tls -top 30
//	go run ./heap -hibernate 20ms -n 19000
//	go run ./heap -server gws -tls
//
// It starts a server twice. The first one runs as usual, for the totals; the
// second one records each allocation. In both, each connection sends 64 bytes
// and gets them back, and then there is silence for the time of -settle.
//
// The table has the growth of each place divided by the number of connections.
// A place is the innermost function outside the runtime; the functions that
// called it follow, the innermost first.
package main

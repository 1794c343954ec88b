// Compare measures Cowhand beside other Go libraries, on this machine: for
// each cell and each round it starts one server after another, drives it over
// the loopback, reads its CPU time and memory from /proc, and prints tables of
// medians. Linux.
//
//	go run ./compare
//	go run ./compare -servers 'cowhand|gws' -cells 'echo-.*' -rounds 5 -d 4s
//
// Its clients are goroutines that write a batch and wait for the answers.
// They share the processors with the server, so CPU time is what to compare,
// and only within one run.
package main

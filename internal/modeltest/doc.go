// Package modeltest has tests only. They check what holds for every WebSocket
// connection, whatever happens to it, from outside: through the public API
// and raw sockets, so that they outlive any rewrite of the loop.
//
// # The model
//
// TestModel makes up cases. A case is a setup (compression, mailbox policy,
// timeouts and so on) and a script: messages of the client, whole, in
// fragments or invalid; infos, timers, sent and published frames; callbacks
// that reply, block, hibernate, stop reading or crash; a client that reads
// nothing for a while, leaves or vanishes; a listener that stops. Each runs
// over TCP, a Unix socket, TLS, or a [net.Conn] of another type behind an
// [http.Server].
//
// The test plays the script, and logs the calls of the handler and what the
// client got. Then the reference machine (machine_test.go) goes through the
// calls: it knows which may come, and what the client has to get for them.
// The properties (judge_test.go) are these:
//
//   - Init comes first, Terminate once and last, and no two callbacks run at
//     the same time.
//   - Messages, infos and timers arrive in order, once, and not before their
//     time.
//   - The client gets whole and valid frames, byte for byte, even from a
//     connection that broke: only its last frame may be cut.
//   - Replies come in the order of the messages, and each sender's frames in
//     the order of sending. None comes twice.
//   - What was accepted arrives if the close frame does. What was refused or
//     dropped is counted.
//   - The reason is one of the causes, and the close code is that of the
//     reason.
//   - The connection ends in time, and leaves no session, goroutine or
//     descriptor behind.
//
// A case that fails is shrunk by rapid to the shortest that breaks the same
// property. rapid then prints the seed and how to use it. The seed fixes the
// script but not the scheduler, so a race may need several runs:
//
//	go test ./internal/modeltest -run TestModel/tls -rapid.seed=42 -rapid.nofailfile
//
// # The soaks
//
// TestSoak has clients come and go while their connections fall asleep within
// milliseconds and are woken by frames, infos, sent frames, timers and
// closes, so that descriptors are used again and again. TestStorm wakes the
// same connections in several ways at once. Both stop the world thousands of
// times a second, which interrupts goroutines between any two steps.
//
// TestDescriptorsRunOut takes away the process's descriptors while connections
// hibernate, and TestSetBreaks the set that watches those that do.
//
// # Slow machines
//
// No property but two depends on the time that something takes. A live
// connection must not time out as idle, nor a write before WriteTimeout: for
// these, a goroutine measures when the machine stalled (pulse_test.go).
//
// # How much
//
// By default the package takes some 15 seconds. For more, set
//
//	COWHAND_MODEL_CASES=500   cases for each transport; default 30
//	COWHAND_SOAK=60s          how long TestSoak and TestStorm take, each; default 3s
//
// and run it under the race detector.
package modeltest

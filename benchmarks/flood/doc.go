// Flood measures the service that one well-behaved connection, the neighbour,
// gets while others flood the same server process. Linux.
//
//	go run ./flood
//	go run ./flood -servers cowhand -kinds 'none|pings' -transports tcp -d 2s
//
// The neighbour sends 64 bytes to be echoed, waits for them, and pauses for a
// millisecond. It is a process of its own with a higher priority, so that its
// figures are the server's and not those of a neighbour that has no CPU.
// Flooders write prebuilt buffers without pause and discard what comes back.
// What they send in all says whether fairness costs throughput: messages/s
// counts replies. Fragments have none and are counted as they are written;
// the server itself counts the messages that it drops.
//
// Kinds of flood:
//
//	none       no flooders, for comparison
//	fragments  fragments of a text message, all empty, without an end
//	pings      empty pings
//	echoes     messages of 64 bytes to be echoed
//	bombs      compressed messages of 1 KB that inflate to 999,000 bytes, echoed
//	inflate    the same, which the server inflates and drops
//	mixed      fragments, pings, echoes and bombs, of a quarter of the flooders each
package main

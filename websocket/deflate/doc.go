// Package deflate compresses WebSocket messages: permessage-deflate
// (RFC 7692) and its forerunner x-webkit-deflate-frame, negotiation and
// codec, without I/O. It mirrors the compression of Cowlib's cow_ws.
//
//	agreement, response, err := deflate.Negotiate(r.Header.Values("Sec-WebSocket-Extensions"), deflate.Options{})
//	// err: answer 400; agreement nil: go on uncompressed; else send response, and
//	in, out := agreement.NewDecompressor(), agreement.NewCompressor()
//	message, err := in.Decompress(nil, payload, limit) // of a message that came with RSV1
//	wire, compressed := out.Compress(nil, message)     // to be sent with RSV1 if compressed
//
// A connection has a Compressor and a Decompressor, each used by one
// goroutine at a time. Negotiate, an Agreement and a Form are safe for
// concurrent use.
//
// # Memory
//
// A connection keeps, for each direction in which context is taken over, a
// window and a few words; without takeover only the words. The window is
// allocated by the first compressed message and grows with what passes, up
// to
//
//	window bits   8     9     10    11    12    13    14     15
//	bytes         256   512   1024  2048  4096  8192  16384  32768
//
// By default that is 4,096 bytes for what is sent and, with clients that
// offer client_max_window_bits, as browsers do, 4,096 for what is received,
// else 32,768. Everything else belongs to the message in hand and is pooled:
// about 460 KB to compress, 8 KB to decompress, for each processor that is
// at it. In the steady state neither allocates.
//
// # Speed
//
// Compressing a message begins with remembering what is where in the window,
// so the time grows with the window: that is why 12 bits are the default.
// For 1 KB of JSON on level 4, in microseconds on one of two busy cores, and
// in bytes:
//
//	window bits   none  8     9     10    11    12    13    14    15
//	time          14    14    15    15    16    18    24    35    58
//	bytes         341   311   275   263   219   216   214   212   211
//
// and with 12 bits on other levels:
//
//	level         1     2     3     4     5     6     7     8
//	time          14    16    16    18    26    30    39    43
//	bytes         247   234   227   216   206   202   200   199
//
// BenchmarkCompress and BenchmarkDecompress measure this.
//
// # Choices
//
// The codec is our own, from memory to memory. A library's writer keeps a
// megabyte and takes its window as a text to compress; this one takes half
// as long, knows every window size from 8 bits on, and refers to the
// window in short messages too. zlib deflates with 9 bits where 8 were
// agreed; that is harmless, since with 9 bits it looks back 250 bytes at
// most, and both sizes are understood here.
package deflate

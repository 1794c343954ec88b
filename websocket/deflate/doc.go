// Package deflate compresses WebSocket messages. It negotiates and implements
// permessage-deflate (RFC 7692) and its forerunner x-webkit-deflate-frame,
// without I/O. Cowlib: cow_ws.
//
//	agreement, response, err := deflate.Negotiate(r.Header.Values("Sec-WebSocket-Extensions"), deflate.Options{})
//	// err: reply 400; agreement nil: go on without compression; otherwise send response, and
//	in, out := agreement.NewDecompressor(), agreement.NewCompressor()
//	message, err := in.Decompress(nil, payload, limit) // if the message has RSV1
//	wire, compressed := out.Compress(nil, message)     // send wire with RSV1 if compressed, else message
//
// Each connection has a Compressor and a Decompressor. Neither is safe for
// concurrent use; Negotiate, Agreement and Form are.
//
// # Memory
//
// With context takeover, a connection keeps a window per direction. It starts
// empty and grows with the traffic, up to
//
//	window bits   8     9     10    11    12    13    14     15
//	bytes         256   512   1024  2048  4096  8192  16384  32768
//
// By default a connection keeps at most 4,096 bytes to send, and the same to
// receive. It keeps nothing for clients that don't let the server limit their
// window, as Firefox doesn't: they would need 32,768 bytes, so the server
// forbids them context takeover. See Options.KeepFullClientWindow.
//
// All other memory is pooled and used only during a call: about 460 KB to
// compress and up to 8 KB to decompress, per processor. Once the windows are
// full, calls don't allocate.
//
// # Speed
//
// Compress hashes the window before it starts, so the time per message grows
// with the window. That is why the default is 12 bits. For 1 KB of JSON at level
// 4, in microseconds on one of two busy cores, and the compressed size in bytes:
//
//	window bits   none  8     9     10    11    12    13    14    15
//	time          14    14    15    15    16    18    24    35    58
//	bytes         341   311   275   263   219   216   214   212   211
//
// With 12 bits, at other levels:
//
//	level         1     2     3     4     5     6     7     8
//	time          14    16    16    18    26    30    39    43
//	bytes         247   234   227   216   206   202   200   199
//
// BenchmarkCompress measures this.
//
// # Why not a library
//
// The compressors of Go's libraries keep up to a megabyte, always use 15 bits,
// and compress a preset window like new text. Ours takes half the time, honours
// windows from 8 bits, and refers to the window even in short messages. (zlib
// uses 9 bits if 8 were agreed. That is harmless: with 9 bits it looks back at
// most 250 bytes.)
//
// Our inflater works from memory to memory, while a library's copies through a
// window of its own. BenchmarkInflaters compares them, and FuzzDecompress checks
// that they accept the same messages.
package deflate

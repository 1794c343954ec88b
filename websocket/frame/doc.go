// Package frame encodes and decodes WebSocket frames (RFC 6455). It does no
// I/O and starts no goroutine.
//
// [Parser] decodes a client's bytes, in pieces of any size, into messages and
// control frames. It rejects invalid input with an [*Error], which contains
// the close code to send. [AppendHeader] and [AppendClose] encode a server's
// frames. [Mask] and [MaskCopy] apply the masking key of section 5.3.
//
//	var p frame.Parser
//	p.MaxSize = 1 << 20
//	for len(in) > 0 {
//		msg, n, err := p.Next(in)
//		if err != nil {
//			return err // close the connection with err's Code
//		}
//		in = in[n:]
//		if msg.Complete {
//			use(msg.Opcode, msg.Payload)
//		}
//	}
//	p.Release()
//
// After Release, a Parser between messages holds no buffers. Within a message,
// its memory follows the bytes received, whatever length a header announces.
// Don't use a Parser from several goroutines at once.
//
// Cowboy: cow_ws.
package frame

// Package frame is the WebSocket frame codec: bytes to frames and back, with
// no I/O, no clock and no goroutine.
//
// [Parser] turns what a client sends, in pieces of any size, into messages
// and control frames, and refuses what RFC 6455 forbids with an [Error] that
// carries the close code to answer with. [AppendHeader] and [AppendClose]
// write the server's frames; [Mask] and [MaskCopy] are the masking of
// section 5.3.
//
//	var p frame.Parser
//	p.MaxSize = 1 << 20
//	for len(in) > 0 {
//		msg, n, err := p.Next(in)
//		if err != nil {
//			return err // answer with err's close code
//		}
//		in = in[n:]
//		if msg.Complete {
//			use(msg.Opcode, msg.Payload)
//		}
//	}
//	p.Release()
//
// A Parser holds no buffer while no message is under way. Its methods are
// not safe for concurrent use. The faults that it finds are the package's
// Err variables, each with the section of the RFC that it breaks.
//
// The package mirrors cow_ws.
package frame

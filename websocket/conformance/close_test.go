package conformance

import "fmt"

// closeCases is family 7.
func closeCases() []testCase {
	normal := closing(1000, "")
	big := text(fill("BAsd7&jh23", 256<<10))
	cases := []testCase{
		// What comes after a close frame is ignored.
		{id: "7.1.1", script: script{send(text("Hello World!")), expect(text("Hello World!")), closes}},
		{id: "7.1.2", script: script{send(normal, frame{final: true, opcode: opClose}), answered(1000)}},
		{id: "7.1.3", script: script{send(normal, ping("")), answered(1000)}},
		{id: "7.1.4", script: script{send(normal, text("Hello World!")), answered(1000)}},
		{id: "7.1.5", script: script{send(text("fragment1").more(), normal, rest("fragment2")), answered(1000)}},
		{id: "7.1.6", script: script{
			send(big, text("Hello World!"), normal, ping("")),
			mayExpect(big, text("Hello World!")), answered(1000)}},
		// The length of the close frame.
		{id: "7.3.1", script: script{send(frame{final: true, opcode: opClose}), answered(1000, noStatus)}},
		{id: "7.3.2", script: script{send(frame{final: true, opcode: opClose, payload: []byte("a")}), answered(1002)}},
		{id: "7.3.3", script: script{send(normal), answered(1000)}},
		{id: "7.3.4", script: script{send(closing(1000, "Hello World!")), answered(1000)}},
		{id: "7.3.5", script: script{send(closing(1000, fill("*", 123))), answered(1000)}},
		{id: "7.3.6", script: script{send(closing(1000, fill("*", 124))), answered(1002)}},
		// A reason that is not UTF-8.
		{id: "7.5.1", script: script{send(closing(1000, kosme+"\xed\xa0\x80edited")), answered(1002, 1007)}},
	}
	for i, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		id := fmt.Sprintf("7.7.%d", i+1)
		cases = append(cases, testCase{id: id, script: script{send(closing(code, "")), answered(1000, code)}})
	}
	for i, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		id := fmt.Sprintf("7.9.%d", i+1)
		cases = append(cases, testCase{id: id, script: script{send(closing(code, "")), answered(1002)}})
	}
	// Beyond what RFC 6455 speaks of: any answer will do, but there has to be one.
	for i, code := range []int{5000, 65535} {
		id := fmt.Sprintf("7.13.%d", i+1)
		cases = append(cases, testCase{id: id, script: script{send(closing(code, "")), answered(1000, 1002, code)}})
	}
	return cases
}

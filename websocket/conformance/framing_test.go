package conformance

import "fmt"

const hello = "Hello, world!"

// binaryHello is a short payload that is not UTF-8.
const binaryHello = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"

// framingCases is family 1: messages of the sizes where the length changes form.
func framingCases() []testCase {
	var cases []testCase
	sizes := []int{0, 125, 126, 127, 128, 65535, 65536}
	for kind, message := range []func(int) frame{
		func(n int) frame { return text(fill("*", n)) },
		func(n int) frame { return binMsg(fill("\xfe", n)) },
	} {
		for i, n := range sizes {
			id := fmt.Sprintf("1.%d.%d", kind+1, i+1)
			cases = append(cases, testCase{id: id, script: script{send(message(n)), expect(message(n)), closes}})
		}
		id, last := fmt.Sprintf("1.%d.8", kind+1), message(65536)
		cases = append(cases, testCase{id: id, script: script{sendChopped(997, last), expect(last), closes}})
	}
	return cases
}

// pingCases is family 2.
func pingCases() []testCase {
	largest := fill("\xfe", 125)
	var pings, pongs []frame
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		pings, pongs = append(pings, ping(payload)), append(pongs, pong(payload))
	}
	unasked := pong("unsolicited pong payload")
	return []testCase{
		{id: "2.1", script: script{send(ping("")), expect(pong("")), closes}},
		{id: "2.2", script: script{send(ping(hello)), expect(pong(hello)), closes}},
		{id: "2.3", script: script{send(ping(binaryHello)), expect(pong(binaryHello)), closes}},
		{id: "2.4", script: script{send(ping(largest)), expect(pong(largest)), closes}},
		{id: "2.5", script: script{send(ping(largest + "\xfe")), fails(1002)}},
		{id: "2.6", script: script{sendChopped(1, ping(largest)), expect(pong(largest)), closes}},
		{id: "2.7", script: script{send(pong("")), closes}},
		{id: "2.8", script: script{send(unasked), closes}},
		{id: "2.9", script: script{send(unasked, ping("ping payload")), expect(pong("ping payload")), closes}},
		{id: "2.10", script: script{send(pings...), expect(pongs...), closes}},
		{id: "2.11", script: script{sendChopped(1, pings...), expect(pongs...), closes}},
	}
}

// reservedBitCases is family 3: no extension was agreed on, so no bit is allowed.
// What came before the mistake is still echoed, what comes after is not.
func reservedBitCases() []testCase {
	good := text(hello)
	return []testCase{
		{id: "3.1", script: script{send(good.reserve(1)), fails(1002)}},
		{id: "3.2", script: script{send(good, good.reserve(2), ping("")), expect(good), fails(1002)}},
		{id: "3.3", script: script{sendEach(good, good.reserve(3)), lateEach(ping("")), expect(good), fails(1002)}},
		{id: "3.4", script: script{sendChopped(1, good), lateChopped(good.reserve(4), ping("")), expect(good), fails(1002)}},
		{id: "3.5", script: script{send(binMsg(binaryHello).reserve(5)), fails(1002)}},
		{id: "3.6", script: script{send(ping(hello).reserve(6)), fails(1002)}},
		{id: "3.7", script: script{send(frame{final: true, opcode: opClose, rsv: 7}), fails(1002)}},
	}
}

// opcodeCases is family 4: reserved opcodes, 3 to 7 for data, 11 to 15 for control.
func opcodeCases() []testCase {
	good, payload := text(hello), "reserved opcode payload"
	var cases []testCase
	for kind, first := range []byte{3, 11} {
		for i, s := range []script{
			{send(reserved(first, "")), fails(1002)},
			{send(reserved(first+1, payload)), fails(1002)},
			{send(good, reserved(first+2, ""), ping("")), expect(good), fails(1002)},
			{send(good, reserved(first+3, hello), ping("")), expect(good), fails(1002)},
			{sendChopped(1, good), lateChopped(reserved(first+4, hello), ping("")), expect(good), fails(1002)},
		} {
			cases = append(cases, testCase{id: fmt.Sprintf("4.%d.%d", kind+1, i+1), script: s})
		}
	}
	return cases
}

// fragmentCases is family 5.
func fragmentCases() []testCase {
	var (
		start, end = text("fragment1").more(), rest("fragment2")
		joined     = text("fragment1fragment2")
		between    = ping("ping payload")
		answer     = pong("ping payload")
		stray      = rest("non-continuation payload")
		good       = text(hello)
		third      = rest("fragment3")
	)
	return []testCase{
		// Control frames must not be fragmented.
		{id: "5.1", script: script{send(ping("fragment1").more(), end), fails(1002)}},
		{id: "5.2", script: script{send(pong("fragment1").more(), end), fails(1002)}},
		// Messages may be, with control frames between.
		{id: "5.3", script: script{send(start, end), expect(joined), closes}},
		{id: "5.4", script: script{sendEach(start, end), expect(joined), closes}},
		{id: "5.5", script: script{sendChopped(1, start, end), expect(joined), closes}},
		{id: "5.6", script: script{send(start, between, end), expect(answer, joined), closes}},
		{id: "5.7", script: script{sendEach(start, between, end), expect(answer, joined), closes}},
		{id: "5.8", script: script{sendChopped(1, start, between, end), expect(answer, joined), closes}},
		// Nothing to continue.
		{id: "5.9", script: script{send(stray, good), fails(1002)}},
		{id: "5.10", script: script{sendEach(stray), lateEach(good), fails(1002)}},
		{id: "5.11", script: script{lateChopped(stray, good), fails(1002)}},
		{id: "5.12", script: script{send(stray.more(), good), fails(1002)}},
		{id: "5.13", script: script{sendEach(stray.more()), lateEach(good), fails(1002)}},
		{id: "5.14", script: script{lateChopped(stray.more(), good), fails(1002)}},
		{id: "5.15", script: script{send(start, end, third.more(), text("fragment4")), expect(joined), fails(1002)}},
		{id: "5.16", script: script{send(strayTwice(false)...), fails(1002)}},
		{id: "5.17", script: script{send(strayTwice(true)...), fails(1002)}},
		// A second message within the first.
		{id: "5.18", script: script{send(start, text("fragment2")), fails(1002)}},
		// A ping is answered before the message is complete.
		{id: "5.19", script: pingsWithin(send)},
		{id: "5.20", script: pingsWithin(sendEach)},
	}
}

// strayTwice is, two times, a continuation of nothing and a message of two frames.
func strayTwice(final bool) []frame {
	stray := rest("fragment1")
	stray.final = final
	once := []frame{stray, text("fragment2").more(), rest("fragment3")}
	return append(once, once...)
}

func pingsWithin(send func(...frame) step) script {
	return script{
		send(text("fragment1").more(), rest("fragment2").more(), ping("pongme 1!")),
		expect(pong("pongme 1!")),
		quiet,
		send(rest("fragment3").more(), rest("fragment4").more(), ping("pongme 2!"), rest("fragment5")),
		expect(pong("pongme 2!"), text("fragment1fragment2fragment3fragment4fragment5")),
		closes,
	}
}

// autoFragmentCases is family 10: a message that a client library cut up by itself.
func autoFragmentCases() []testCase {
	message := text(fill("*", 65536))
	return []testCase{
		{id: "10.1.1", script: script{send(message.fragments(1300)...), expect(message), closes}},
	}
}

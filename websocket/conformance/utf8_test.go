package conformance

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// kosme is the Greek word that the UTF-8 stress test of M. Kuhn begins with.
const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

// utf8Cases is family 6.
func utf8Cases() []testCase {
	const word = "Hello-µ@ßöäüàá-UTF-8!!"
	surrogate := text(kosme + "\xed\xa0\x80" + "edited")
	cases := []testCase{
		// Empty fragments.
		{id: "6.1.1", script: script{send(text("")), expect(text("")), closes}},
		{id: "6.1.2", script: script{send(text("").more(), rest("").more(), rest("")), expect(text("")), closes}},
		{id: "6.1.3", script: script{
			send(text("").more(), rest("middle frame payload").more(), rest("")),
			expect(text("middle frame payload")), closes}},
		// Valid, cut on and within code points.
		{id: "6.2.1", script: script{send(text(word)), expect(text(word)), closes}},
		{id: "6.2.2", script: script{send(text("Hello-µ@ßöä").more(), rest("üàá-UTF-8!!")), expect(text(word)), closes}},
		{id: "6.2.3", script: script{send(text(word).fragments(1)...), expect(text(word)), closes}},
		{id: "6.2.4", script: script{send(text(kosme).fragments(1)...), expect(text(kosme)), closes}},
		// Not valid.
		{id: "6.3.1", script: script{send(surrogate), fails(1007)}},
		{id: "6.3.2", script: script{send(surrogate.fragments(1)...), fails(1007)}},
	}
	return append(append(cases, failFastCases()...), sequenceCases()...)
}

// failFastCases is 6.4: the server has to fail at the octet that cannot be part
// of UTF-8 any more, while the rest of the message, or of the frame, is not there
// yet. The text is wrong from octet 12 on, 0x90 after 0xF4: beyond U+10FFFF.
func failFastCases() []testCase {
	payload := kosme + "\xf4\x90\x80\x80" + "edited"
	inFrames := func(first, second int) script {
		return script{
			send(text(payload[:first]).more()), quiet,
			send(rest(payload[first:second]).more()), fails(1007),
		}
	}
	inChops := func(first, second int) script {
		header := 6 // two octets and the masking key
		bytes := wire(text(payload))
		return script{
			sendRaw(bytes[:header+first]), quiet,
			sendRaw(bytes[header+first : header+second]), fails(1007),
		}
	}
	return []testCase{
		{id: "6.4.1", script: inFrames(11, 15)},
		{id: "6.4.2", script: inFrames(12, 13)},
		{id: "6.4.3", script: inChops(11, 15)},
		{id: "6.4.4", script: inChops(12, 13)},
	}
}

// sequence is a payload and whether it is UTF-8 (RFC 3629).
type sequence struct {
	valid   bool
	payload string
}

func valid(payloads ...string) []sequence   { return sequences(true, payloads) }
func invalid(payloads ...string) []sequence { return sequences(false, payloads) }

func sequences(valid bool, payloads []string) []sequence {
	var list []sequence
	for _, p := range payloads {
		list = append(list, sequence{valid, p})
	}
	return list
}

// sequenceCases is 6.5 to 6.23, after the stress test of M. Kuhn:
// https://www.cl.cam.ac.uk/~mgk25/ucs/examples/UTF-8-test.txt
func sequenceCases() []testCase {
	incomplete := []string{
		"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
	}
	sections := [][]sequence{
		// 6.5: some that are valid.
		valid("hello$world", "hello¢world", "hello€world", "hello\U00024b62world", kosme),
		// 6.6: every prefix of one.
		prefixes(kosme),
		// 6.7: the first of each length.
		valid("\x00", "\u0080", "\u0800", "\U00010000"),
		// 6.8: the first of five and six octets, which UTF-8 does not have.
		invalid("\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"),
		// 6.9: the last of each length.
		valid("\x7f", "\u07ff", "\uffff", "\U0010ffff"),
		// 6.10: the last of four, five and six octets, beyond Unicode.
		invalid("\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"),
		// 6.11: around the surrogates and the end of Unicode.
		append(valid("\ud7ff", "\ue000", "\ufffd", "\U0010ffff"), invalid("\xf4\x90\x80\x80")...),
		// 6.12: continuation octets that continue nothing.
		invalid("\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80",
			"\x80\xbf\x80\xbf\x80\xbf", octets(0x80, 0xbe, "")),
		// 6.13: first octets of 2, 3, 4, 5 and 6, each followed by a space.
		invalid(octets(0xc0, 0xde, " "), octets(0xe0, 0xee, " "), octets(0xf0, 0xf6, " "),
			octets(0xf8, 0xfa, " "), octets(0xfc, 0xfc, " ")),
		// 6.14: the last octet missing; 6.15: all of them in a row.
		invalid(incomplete...),
		invalid(strings.Join(incomplete, "")),
		// 6.16: octets that never occur.
		invalid("\xfe", "\xff", "\xfe\xfe\xff\xff"),
		// 6.17 to 6.19: longer than needed, for a slash, at most, and for NUL.
		invalid("\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"),
		invalid("\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"),
		invalid("\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"),
		// 6.20: surrogates; 6.21: in pairs.
		invalid("\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"),
		invalid("\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"),
		// 6.22: code points that are no characters, and valid all the same.
		valid(nonCharacters()...),
		// 6.23: the specials, U+FFF9 to U+FFFF.
		valid("\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"),
	}
	var cases []testCase
	for i, section := range sections {
		for j, s := range section {
			steps := script{send(text(s.payload)), fails(1007)}
			if s.valid {
				steps = script{send(text(s.payload)), expect(text(s.payload)), closes}
			}
			cases = append(cases, testCase{id: fmt.Sprintf("6.%d.%d", i+5, j+1), script: steps})
		}
	}
	return cases
}

func prefixes(s string) []sequence {
	var list []sequence
	for n := 1; n <= len(s); n++ {
		list = append(list, sequence{utf8.ValidString(s[:n]), s[:n]})
	}
	return list
}

// octets is all octets from first to last, each followed by after.
func octets(first, last byte, after string) string {
	var b strings.Builder
	for o := first; o <= last; o++ {
		b.WriteByte(o)
		b.WriteString(after)
	}
	return b.String()
}

// nonCharacters is the last two code points of each of Unicode's 17 planes.
func nonCharacters() []string {
	var list []string
	for plane := rune(0); plane <= 0x10; plane++ {
		list = append(list, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return list
}

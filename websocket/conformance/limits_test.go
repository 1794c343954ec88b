package conformance

import "fmt"

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

// limitCases is family 9: large messages, many fragments, small chops, and 1000
// round trips, each for text (the odd sections) and binary (the even ones).
func limitCases() []testCase {
	var (
		sizes     = []int{64 * kilobyte, 256 * kilobyte, megabyte, 4 * megabyte, 8 * megabyte, 16 * megabyte}
		fragments = []int{64, 256, kilobyte, 4 * kilobyte, 16 * kilobyte, 64 * kilobyte, 256 * kilobyte, megabyte, 4 * megabyte}
		chops     = []int{64, 128, 256, 512, 1024, 2048}
		trips     = []int{0, 16, 64, 256, 1024, 4096}
	)
	kinds := []struct {
		largest, even, single frame
	}{
		{text(fill("BAsd7&jh23", 16*megabyte)), text(fill("*", 4*megabyte)), text(fill("*", 4*kilobyte))},
		{binMsg(fill("\x00\xfe\x23\xfa\xf0", 16*megabyte)), binMsg(fill("\xfe", 4*megabyte)), binMsg(fill("\xfe", 4*kilobyte))},
	}
	var cases []testCase
	add := func(section, i int, steps ...step) {
		cases = append(cases, testCase{id: fmt.Sprintf("9.%d.%d", section, i+1), script: append(steps, closes)})
	}
	for kind, k := range kinds {
		for i, n := range sizes {
			message := k.largest.first(n)
			add(1+kind, i, send(message), expect(message))
		}
		for i, n := range fragments {
			add(3+kind, i, func(c *client) { c.write(wire(k.even.fragments(n)...)) }, expect(k.even))
		}
		for i, n := range chops {
			message := k.largest.first(megabyte)
			add(5+kind, i, sendChopped(n, message), expect(message))
		}
		for i, n := range trips {
			add(7+kind, i, roundTrips(k.single.first(n)))
		}
	}
	return cases
}

// first is f with the first n bytes of its payload.
func (f frame) first(n int) frame {
	f.payload = f.payload[:n]
	return f
}

// roundTrips sends a message when the one before has come back, 1000 times.
func roundTrips(message frame) step {
	return func(c *client) {
		data := wire(message)
		for range messageCount {
			c.write(data)
			c.expect(message)
		}
	}
}

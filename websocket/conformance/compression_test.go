package conformance

import (
	"bufio"
	"fmt"
	"math"
	"os"

	"github.com/stretchr/testify/require"
)

// messageCount is how many messages each case of 9.7, 9.8, 12 and 13 sends.
const messageCount = 1000

// volumeLimit bounds what one case of families 12 and 13 sends, in bytes before
// compression: some cases of 1000 messages would be 128 MiB, and all of them
// together 11 GB, minutes of deflating. COWHAND_CONFORMANCE_FULL lifts it.
func volumeLimit() int {
	switch {
	case os.Getenv("COWHAND_CONFORMANCE_FULL") != "":
		return math.MaxInt
	case raceEnabled:
		return 128 * kilobyte
	default:
		return 4 * megabyte
	}
}

// volumes is what the cases of each section of families 12 and 13 send.
var volumes = []struct {
	size     int // of a message, in code points or bytes
	fragment int // of the compressed message, in bytes; 0 is one frame
}{
	{16, 0}, {64, 0}, {256, 0}, {1024, 0}, {4096, 0},
	{8192, 0}, {16384, 0}, {32768, 0}, {65536, 0}, {131072, 0},
	{8192, 256}, {16384, 256}, {32768, 256}, {65536, 256},
	{131072, 256}, {131072, 1024}, {131072, 4096}, {131072, 32768},
}

// compressionCases is family 12, five kinds of data with the plainest offer, and
// family 13, JSON with seven offers.
func compressionCases() []testCase {
	var cases []testCase
	add := func(section string, data *corpus, offers ...offer) {
		for i, v := range volumes {
			id := fmt.Sprintf("%s.%d", section, i+1)
			cases = append(cases, testCase{id, offers, script{exchange(data, v.size, v.fragment), closes}})
		}
	}
	for i, data := range corpora() {
		add(fmt.Sprintf("12.%d", i+1), data, offer{})
	}
	for i, offers := range [][]offer{
		{{}},
		{{serverReset: true}},
		{{serverBits: 9}},
		{{serverBits: 15}},
		{{serverReset: true, serverBits: 9}},
		{{serverReset: true, serverBits: 15}},
		{{serverReset: true, serverBits: 9}, {serverReset: true}, {}},
	} {
		add(fmt.Sprintf("13.%d", i+1), jsonCorpus(), offers...)
	}
	return cases
}

// exchange sends 1000 messages, fewer if they are large, one after the other from data, and checks that
// they come back. It does not wait for an echo before it sends the next: what is
// on its way is bounded by the sockets' buffers.
func exchange(data *corpus, size, fragment int) step {
	return func(c *client) {
		count := min(messageCount, max(1, volumeLimit()/size))
		p := &parcels{data: data, size: size, fragment: fragment, count: count, deflater: newDeflater(c.agreed)}
		sent := make(chan error, 1)
		go func() { sent <- c.sendAll(p) }()
		for i := range count {
			c.expect(frame{final: true, opcode: data.opcode, payload: p.plain(i)})
		}
		require.NoError(c.t, <-sent)
		if size >= 1024 && data.name != "PDF" {
			require.True(c.t, c.agreed.used, "compression was agreed on, and never used")
		}
	}
}

func (c *client) sendAll(p *parcels) error {
	w := bufio.NewWriterSize(writerFunc(c.tryWrite), 32<<10)
	for i := range p.count {
		data, err := p.wire(i)
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return w.Flush()
}

type writerFunc func([]byte) error

func (f writerFunc) Write(p []byte) (int, error) {
	if err := f(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// parcels prepares the messages of a case. They repeat after a while; without
// context takeover in the client their wire form does so as well and is kept.
type parcels struct {
	data           *corpus
	size, fragment int
	count          int // of messages
	deflater       *deflater
	kept           [][]byte // wire forms, one for each different message
}

// different is how many different messages there are.
func (p *parcels) different() int {
	n := 1
	for n*p.size%p.data.length != 0 {
		n++
	}
	return min(n, p.count)
}

// plain is message i before compression.
func (p *parcels) plain(i int) []byte {
	return p.data.slice(i*p.size%p.data.length, p.size)
}

// wire is message i as it is sent.
func (p *parcels) wire(i int) ([]byte, error) {
	if p.kept == nil {
		p.kept = make([][]byte, p.different())
	}
	slot := &p.kept[i%len(p.kept)]
	if *slot != nil && p.deflater.clientReset {
		return *slot, nil
	}
	packed, err := p.deflater.message(p.plain(i))
	if err != nil {
		return nil, err
	}
	message := frame{final: true, rsv: rsv1, opcode: p.data.opcode, payload: packed}
	frames := []frame{message}
	if p.fragment > 0 {
		frames = message.fragments(p.fragment)
	}
	*slot = wire(frames...)
	return *slot, nil
}

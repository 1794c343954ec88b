package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	klauspost "github.com/klauspost/compress/flate"
)

// corpus is a sequence of messages that one client sends.
type corpus struct {
	name     string
	messages [][]byte
}

func inflaterCorpora() []corpus {
	return []corpus{
		{"chat 130 B", chatMessages(256)},
		{"JSON 1 KB", jsonMessages(256, 1<<10)},
		{"HTML 16 KB", htmlPages(64, 16<<10)},
		{"text 256 KB", texts(8, 256<<10)},
		{"random 16 KB", noises(64, 16<<10)},
		{"log 64 KB", logs(64, 64<<10)},
		{"zeros 64 KB", slices.Repeat([][]byte{make([]byte, 64<<10)}, 64)},
	}
}

func chatMessages(n int) [][]byte {
	rng := rand.New(rand.NewSource(8))
	all := make([][]byte, n)
	for i := range all {
		all[i] = fmt.Appendf(nil, `{"event":"message","room":"lobby","id":%d,"from":"%s","text":"%s"}`,
			rng.Intn(1e6), []string{"ann", "bob", "cyd", "dan"}[rng.Intn(4)], prose(rng, 60))
	}
	return all
}

func htmlPages(n, size int) [][]byte {
	rng := rand.New(rand.NewSource(9))
	all := make([][]byte, n)
	for i := range all {
		b := []byte("<!doctype html><html><head><title>Orders</title></head><body><table class=\"orders\">\n")
		for len(b) < size {
			b = fmt.Appendf(b, "<tr class=\"row\"><td><a href=\"/orders/%d\">%d</a></td><td>%s</td><td class=\"price\">%d.%02d</td></tr>\n",
				rng.Intn(1e6), rng.Intn(1e4), prose(rng, 20+rng.Intn(60)), rng.Intn(1e4), rng.Intn(100))
		}
		all[i] = append(b, "</table></body></html>\n"...)
	}
	return all
}

func texts(n, size int) [][]byte {
	rng := rand.New(rand.NewSource(10))
	all := make([][]byte, n)
	for i := range all {
		all[i] = []byte(prose(rng, size))
	}
	return all
}

func noises(n, size int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = incompressible(int64(i), size)
	}
	return all
}

// logs repeat one line, with another number in each message.
func logs(n, size int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		line := fmt.Appendf(nil, "2024-05-01T12:00:00Z INFO request served status=200 session=%d path=/ws\n", i)
		all[i] = bytes.Repeat(line, size/len(line))
	}
	return all
}

// prose returns words of an invented vocabulary, with the frequencies of a natural
// language.
func prose(rng *rand.Rand, size int) string {
	words := vocabulary()
	zipf := rand.NewZipf(rng, 1.1, 2, uint64(len(words)-1))
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(words[zipf.Uint64()])
		b.WriteByte(" .,"[min(2, max(0, rng.Intn(12)-9))])
	}
	return b.String()
}

var vocabulary = sync.OnceValue(func() []string {
	rng := rand.New(rand.NewSource(11))
	words := make([]string, 5000)
	for i := range words {
		for range 1 + rng.Intn(4) {
			words[i] += string("bcdfghlmnprst"[rng.Intn(13)]) + string("aeiou"[rng.Intn(5)])
		}
	}
	return words
})

// connection inflates the messages of one client.
type connection interface {
	Decompress(dst, payload []byte, limit int) ([]byte, error)
}

// inflaterKinds are our Decompressor, and the leanest way to use a library: keep
// only the window, and take a reader from a pool for each message.
var inflaterKinds = []struct {
	name    string
	connect func(*Agreement) connection
}{
	{"ours", func(a *Agreement) connection { return a.NewDecompressor() }},
	{"klauspost", func(a *Agreement) connection { return newLibraryConnection(a, klauspostReaders) }},
	{"standard", func(a *Agreement) connection { return newLibraryConnection(a, standardReaders) }},
}

var (
	klauspostReaders = &sync.Pool{New: func() any { return &pooledReader{reader: klauspost.NewReader(nil)} }}
	standardReaders  = &sync.Pool{New: func() any { return &pooledReader{reader: flate.NewReader(nil)} }}
)

type libraryConnection struct {
	window  window
	readers *sync.Pool
}

type pooledReader struct {
	reader io.Reader
	data   []byte
	in     bytes.Reader
}

func newLibraryConnection(a *Agreement, readers *sync.Pool) *libraryConnection {
	return &libraryConnection{newWindow(a.ClientMaxWindowBits, a.ClientNoContextTakeover), readers}
}

func (c *libraryConnection) Decompress(dst, payload []byte, limit int) ([]byte, error) {
	r := c.readers.Get().(*pooledReader)
	defer c.readers.Put(r)
	// A bytes.Reader is the fastest input of both libraries.
	r.data = append(append(r.data[:0], payload...), tail+"\x01\x00\x00\xff\xff"...)
	r.in.Reset(r.data)
	if err := r.reader.(flate.Resetter).Reset(&r.in, c.window.bytes); err != nil {
		return dst, err
	}
	out, err := readAtMost(r.reader, dst, limit)
	if err == nil {
		c.window.add(out[len(dst):])
	}
	return out, err
}

// readAtMost appends all of r to dst, up to limit bytes.
func readAtMost(r io.Reader, dst []byte, limit int) ([]byte, error) {
	out, most := dst, len(dst)+limit
	for {
		if len(out) == cap(out) {
			out = append(out, 0)[:len(out)]
		}
		n, err := r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case len(out) > most:
			return dst, ErrTooLarge
		case err == io.EOF:
			return out, nil
		case err != nil:
			return dst, err
		}
	}
}

var inflaterAgreements = []struct {
	name string
	Agreement
}{
	{"no takeover", Agreement{ClientNoContextTakeover: true, ClientMaxWindowBits: 15, ServerNoContextTakeover: true, ServerMaxWindowBits: 15, level: 6}},
	{"12 bits", Agreement{ClientMaxWindowBits: 12, ServerMaxWindowBits: 12, level: 6}},
	{"15 bits", Agreement{ClientMaxWindowBits: 15, ServerMaxWindowBits: 15, level: 6}},
}

// clientPayloads compresses messages as a client does: with the standard library,
// which resembles zlib, or with our Compressor if the window is smaller than 15
// bits.
func clientPayloads(tb testing.TB, a *Agreement, messages [][]byte) [][]byte {
	all := make([][]byte, len(messages))
	client, ours := newStandard(!a.ClientNoContextTakeover), a.NewCompressor()
	for i, m := range messages {
		ok := false
		if a.ClientMaxWindowBits < maxWindowBits {
			all[i], ok = ours.Compress(nil, m)
		}
		if !ok {
			if a.ClientMaxWindowBits < maxWindowBits { // it would not shrink
				client = newStandard(false)
				ours.Sent(m)
			}
			all[i] = client.deflate(tb, m)
		}
	}
	return all
}

// BenchmarkInflaters compares our Decompressor with two libraries.
func BenchmarkInflaters(b *testing.B) {
	for _, c := range inflaterCorpora() {
		for i := range inflaterAgreements {
			a := &inflaterAgreements[i]
			payloads := clientPayloads(b, &a.Agreement, c.messages)
			for _, kind := range inflaterKinds {
				b.Run(fmt.Sprintf("%s/%s/%s", c.name, a.name, kind.name), func(b *testing.B) {
					benchmarkInflater(b, func() connection { return kind.connect(&a.Agreement) }, c.messages, payloads)
				})
			}
		}
	}
}

func benchmarkInflater(b *testing.B, connect func() connection, messages, payloads [][]byte) {
	total := 0
	for _, m := range messages {
		total += len(m)
	}
	b.SetBytes(int64(total / len(messages)))
	b.ReportAllocs()
	var conn connection
	var out []byte
	n := 0
	for b.Loop() {
		i := n % len(messages)
		if i == 0 { // the first payload refers to nothing
			conn = connect()
		}
		var err error
		if out, err = conn.Decompress(out[:0], payloads[i], 1<<20); err != nil || len(out) != len(messages[i]) {
			b.Fatal(len(out), err)
		}
		n++
	}
}

// BenchmarkInflaterMemory measures the memory that a connection with a full window
// keeps, and that of one pooled inflater.
func BenchmarkInflaterMemory(b *testing.B) {
	messages := htmlPages(16, 16<<10)
	for i := range inflaterAgreements {
		a := &inflaterAgreements[i]
		payloads := clientPayloads(b, &a.Agreement, messages)
		for _, kind := range inflaterKinds {
			b.Run(a.name+"/"+kind.name, func(b *testing.B) {
				for b.Loop() {
					var kept [256]connection
					retained := heapGrowth(func() {
						for i := range kept {
							kept[i] = kind.connect(&a.Agreement)
							for _, p := range payloads {
								if _, err := kept[i].Decompress(nil, p, 1<<20); err != nil {
									b.Fatal(err)
								}
							}
						}
					})
					b.ReportMetric(float64(retained)/float64(len(kept)), "retained-B/conn")
					runtime.KeepAlive(&kept)
				}
			})
		}
	}
	for name, take := range map[string]func() any{
		"ours":      func() any { return usedInflater(b) },
		"klauspost": func() any { return usedReader(b, klauspostReaders) },
		"standard":  func() any { return usedReader(b, standardReaders) },
	} {
		b.Run("pooled/"+name, func(b *testing.B) {
			for b.Loop() {
				var kept [64]any
				grown := heapGrowth(func() {
					for i := range kept {
						kept[i] = take()
					}
				})
				b.ReportMetric(float64(grown)/float64(len(kept)), "pooled-B")
				runtime.KeepAlive(&kept)
			}
		})
	}
}

func usedInflater(tb testing.TB) *inflater {
	f := new(inflater)
	if _, err := f.inflate(nil, newStandard(false).deflate(tb, jsonMessages(1, 1024)[0]), nil, -1); err != nil {
		tb.Fatal(err)
	}
	return f
}

func usedReader(tb testing.TB, readers *sync.Pool) *pooledReader {
	r := readers.New().(*pooledReader)
	r.data = append(newStandard(false).deflate(tb, jsonMessages(1, 1024)[0]), tail+"\x01\x00\x00\xff\xff"...)
	r.in.Reset(r.data)
	_ = r.reader.(flate.Resetter).Reset(&r.in, nil)
	if _, err := io.Copy(io.Discard, r.reader); err != nil {
		tb.Fatal(err)
	}
	return r
}

// heapGrowth returns by how many bytes f grows the heap, without pools.
func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	for range 3 { // pools keep items for one collection
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	f()
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

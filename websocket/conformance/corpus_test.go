package conformance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// corpusLength is the length of each corpus, in code points for text and bytes
// for binary. All message sizes divide it or twice of it, so that a case of 1000
// messages has few different ones to prepare.
const corpusLength = 192 << 10

// corpus is the data that the messages of families 12 and 13 are cut from. The
// suite brings five files; these are made, and of the same five kinds.
type corpus struct {
	name    string
	opcode  byte
	content string
	length  int
	starts  []int // of each code point in content, for text
}

// corpora is all of them; each is made once.
func corpora() []*corpus {
	return []*corpus{jsonCorpus(), bitmapCorpus(), proseCorpus(), htmlCorpus(), pdfCorpus()}
}

// textCorpus cuts content to the length, in code points.
func textCorpus(name, content string) *corpus {
	c := &corpus{name: name, opcode: opText, length: corpusLength}
	for i := range content {
		if len(c.starts) == corpusLength {
			c.content = content[:i]
			break
		}
		c.starts = append(c.starts, i)
	}
	c.starts = append(c.starts, len(c.content))
	return c
}

func binaryCorpus(name, content string) *corpus {
	return &corpus{name: name, opcode: opBinary, content: content[:corpusLength], length: corpusLength}
}

// slice is size units from the unit at on, going on at the start after the end.
func (c *corpus) slice(at, size int) []byte {
	var out []byte
	for size > 0 {
		n := min(size, c.length-at)
		out = append(out, c.units(at, at+n)...)
		size -= n
		at = 0
	}
	return out
}

func (c *corpus) units(from, to int) string {
	if c.starts == nil {
		return c.content[from:to]
	}
	return c.content[c.starts[from]:c.starts[to]]
}

// words is what prose, pages and records are made of.
var words = strings.Fields("der Weg über die Brücke führt zum Müller im Tal und wer früh aufsteht " +
	"hört dort schon vor Tag das Rad in den Bach schlagen bis süße Größe daß Hund Kühe grünes Gras " +
	"Wolken ziehen weiter nach Süden wo niemand mehr fragt was gestern war oder morgen kommt")

// build calls line until there is enough for a corpus.
func build(seed uint64, line func(*strings.Builder, *rand.Rand)) string {
	random := rand.New(rand.NewPCG(seed, seed))
	var b strings.Builder
	for b.Len() < 2*corpusLength {
		line(&b, random)
	}
	return b.String()
}

func sentence(random *rand.Rand) string {
	list := make([]string, 4+random.IntN(9))
	for i := range list {
		list[i] = words[random.IntN(len(words))]
	}
	return strings.Join(list, " ")
}

var jsonCorpus = sync.OnceValue(func() *corpus {
	return textCorpus("JSON", build(1, func(b *strings.Builder, random *rand.Rand) {
		fmt.Fprintf(b, "  {\n    \"id\": %d,\n    \"ok\": %t,\n    \"load\": %.4f,\n    \"text\": %q\n  },\n",
			random.IntN(1e6), random.IntN(3) > 0, random.Float64(), sentence(random))
	}))
})

var bitmapCorpus = sync.OnceValue(func() *corpus {
	return binaryCorpus("bitmap", build(2, func(b *strings.Builder, random *rand.Rand) {
		row := float64(b.Len() / 512)
		for column := range 512 {
			shade := 128 + 100*math.Sin(row/40)*math.Cos(float64(column)/55)
			b.WriteByte(byte(shade + float64(random.IntN(5))))
		}
	}))
})

var proseCorpus = sync.OnceValue(func() *corpus {
	return binaryCorpus("prose", build(3, func(b *strings.Builder, random *rand.Rand) {
		b.WriteString(sentence(random) + ",\r\n")
	}))
})

var htmlCorpus = sync.OnceValue(func() *corpus {
	return textCorpus("HTML", build(4, func(b *strings.Builder, random *rand.Rand) {
		fmt.Fprintf(b, "<li class=\"item\"><a href=\"/p/%d\" title=\"€ %d\">%s</a></li>\n",
			random.IntN(5000), random.IntN(100), sentence(random))
	}))
})

var pdfCorpus = sync.OnceValue(func() *corpus {
	return binaryCorpus("PDF", build(5, func(b *strings.Builder, random *rand.Rand) {
		for range 2000 {
			b.WriteByte(byte(random.IntN(256)))
		}
		fmt.Fprintf(b, "\nendstream\nendobj\n%d 0 obj\n<< /Filter /FlateDecode >>\nstream\n", random.IntN(500))
	}))
})

func TestCorpora(t *testing.T) {
	for _, c := range corpora() {
		assert.Equal(t, c.content, string(c.slice(0, c.length)), c.name)
		around := c.slice(c.length-10, 20)
		assert.Equal(t, c.units(c.length-10, c.length)+c.units(0, 10), string(around), c.name)
		if c.opcode == opText {
			assert.Equal(t, corpusLength, utf8.RuneCountInString(c.content), c.name)
			assert.Greater(t, len(c.content), corpusLength, "%s has no multi-byte code points", c.name)
		}
	}
}

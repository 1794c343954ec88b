package deflate

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFit: codes are complete, no longer than allowed, and shorter for frequent
// symbols.
func TestFit(t *testing.T) {
	fibonacci := []uint32{1, 1}
	for len(fibonacci) < 22 {
		fibonacci = append(fibonacci, fibonacci[len(fibonacci)-1]+fibonacci[len(fibonacci)-2])
	}
	equal := slices.Repeat([]uint32{1}, numLiterals)
	for name, c := range map[string]struct {
		frequencies []uint32
		longest     int
		size        int // 0: not checked
	}{
		"none":              {[]uint32{0, 0, 0}, 15, 0},
		"one":               {[]uint32{0, 0, 5}, 15, 5},
		"the first":         {[]uint32{5, 0, 0}, 15, 5},
		"two":               {[]uint32{0, 3, 5}, 15, 8},
		"a balanced tree":   {[]uint32{7, 7, 7, 7}, 15, 56},
		"a leaning tree":    {[]uint32{1, 2, 4, 8}, 15, 8 + 2*4 + 3*3},
		"many bits":         {[]uint32{30000, 300, 1, 70000}, 15, 70000 + 2*30000 + 3*301},
		"all alike":         {equal, 15, 0},
		"too deep for 15":   {fibonacci, 15, 0},
		"too deep for 7":    {fibonacci[:19], 7, 0},
		"as deep as may be": {fibonacci[:16], 15, 0},
		"backwards":         {reversed(fibonacci), 15, 0},
	} {
		t.Run(name, func(t *testing.T) {
			code := newHuffmanCode(len(c.frequencies))
			size := new(codeBuilder).fit(&code, c.frequencies, c.longest)
			if c.size != 0 {
				assert.Equal(t, c.size, size)
			}
			kraft, sum := 0, 0
			for symbol, n := range code.lengths {
				require.LessOrEqual(t, int(n), c.longest)
				sum += int(n) * int(c.frequencies[symbol])
				if n != 0 {
					kraft += 1 << (maxCodeBits - n)
				} else {
					require.Zero(t, c.frequencies[symbol])
				}
				for other, k := range code.lengths {
					if c.frequencies[symbol] > c.frequencies[other] && k != 0 {
						require.LessOrEqual(t, n, k)
					}
				}
			}
			assert.Equal(t, 1<<maxCodeBits, kraft, "complete")
			assert.Equal(t, sum, size)
		})
	}
}

func reversed(s []uint32) []uint32 {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

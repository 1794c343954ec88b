package deflate

import (
	"bytes"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// incompressible returns size random bytes.
func incompressible(seed int64, size int) []byte {
	p := make([]byte, size)
	rand.New(rand.NewSource(seed)).Read(p)
	return p
}

// samples returns messages of many kinds, with up to largest bytes.
func samples(t testing.TB) [][]byte {
	t.Helper()
	all := [][]byte{
		{}, {0}, []byte("a"), []byte("Hello"), []byte("Hello"), bytes.Repeat([]byte("a"), 3), bytes.Repeat([]byte("ab"), 40),
		bytes.Repeat([]byte{0}, 258), bytes.Repeat([]byte{0}, 259), bytes.Repeat([]byte{0}, 300_000),
		incompressible(1, 1), incompressible(2, 100), incompressible(3, 5000), incompressible(3, 5000), incompressible(4, 70_000),
		[]byte(strings.Repeat("The quick brown fox jumps over the lazy dog. ", 100)),
	}
	all = append(all, jsonMessages(8, 100)...)
	all = append(all, jsonMessages(8, 1024)...)
	all = append(all, jsonMessages(2, 40_000)...)
	all = append(all, jsonMessages(1, 300_000)...)
	// Half incompressible, half compressible.
	all = append(all, append(incompressible(5, 40_000), bytes.Repeat([]byte("abcdefgh"), 5000)...))
	// Repetitions at the edge of each window.
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		for distance := 1<<bits - 1; distance <= 1<<bits+1; distance++ {
			p := incompressible(int64(distance), distance)
			all = append(all, append(p, p[:min(100, len(p))]...))
		}
	}
	// Few symbols, with the frequencies that make the deepest trees.
	for _, ratio := range []int{2, 3} {
		var p []byte
		for c, n := byte('a'), 1; n < 20_000; c, n = c+1, n*ratio {
			p = append(p, bytes.Repeat([]byte{c}, n)...)
		}
		rand.New(rand.NewSource(6)).Shuffle(len(p), func(i, k int) { p[i], p[k] = p[k], p[i] })
		all = append(all, p)
	}
	fibonacci := []byte{}
	for c, a, b := byte(0), 1, 1; a+b < 20_000; c, a, b = c+1, b, a+b {
		fibonacci = append(fibonacci, bytes.Repeat([]byte{c}, a)...)
	}
	rand.New(rand.NewSource(7)).Shuffle(len(fibonacci), func(i, k int) { fibonacci[i], fibonacci[k] = fibonacci[k], fibonacci[i] })
	all = append(all, fibonacci)
	return slices.DeleteFunc(all, func(p []byte) bool { return len(p) > largest })
}

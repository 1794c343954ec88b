package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAcceptsGzip(t *testing.T) {
	tests := []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"GZip"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"gzip, deflate, br"}, true},
		{[]string{"deflate"}, false},
		{[]string{"deflate", "br, gzip"}, true},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip;q=0.000"}, false},
		{[]string{"gzip;q=0.001"}, true},
		{[]string{"gzip ; q=1.0 ,br;q=0.5"}, true},
		{[]string{"gzip;Q=0.5"}, true},
		{[]string{"*"}, true},
		{[]string{"*;q=0"}, false},
		{[]string{"*, gzip;q=0"}, false},
		{[]string{"*;q=0, gzip"}, true},
		{[]string{"identity"}, false},
		{[]string{", gzip,,"}, true},
		{[]string{"gzip;q=2"}, false},
		{[]string{"gzip;q=1.001"}, false},
		{[]string{"gzip;q=0.0001"}, false},
		{[]string{"gzip;q="}, false},
		{[]string{"gzip;q=.5"}, false},
		{[]string{"gzip;q=0,5"}, false},
		{[]string{"gzip;level=1"}, false},
		{[]string{"gz ip"}, false},
		{[]string{";q=1, gzip"}, false},
		{[]string{"gzip, \x00"}, false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, acceptsGzip(tt.lines), "%q", tt.lines)
	}
}

func acceptsGzip(lines []string) bool { return negotiateCoding(lines) == codingGzip }

func TestPrefersZstd(t *testing.T) {
	for line, want := range map[string]*coding{
		"zstd":                   codingZstd,
		"gzip, deflate, zstd":    codingGzip,
		"zstd, gzip;q=0.999":     codingZstd,
		"zstd;q=0.5, gzip":       codingGzip,
		"zstd;q=0.501, *;q=0.5":  codingZstd,
		"zstd;q=0.5, *":          codingGzip,
		"zstd;q=0, gzip;q=0":     nil,
		"zstd;q=0":               nil,
		"zstd;q=0.001, gzip;q=0": codingZstd,
	} {
		assert.Same(t, want, negotiateCoding([]string{line}), line)
	}
}

func FuzzAcceptsGzip(f *testing.F) {
	f.Add("gzip;q=0.5, *;q=0")
	f.Fuzz(func(t *testing.T, line string) {
		// A refusal of everything that comes first must not be lost.
		if acceptsGzip([]string{"gzip;q=0, x-gzip;q=0, *;q=0", "identity"}) {
			t.Fatal("accepted what was refused")
		}
		assert.Equal(t, acceptsGzip([]string{line, "br"}), acceptsGzip([]string{line + ",br"}))
	})
}

package handler

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsDetectedText(t *testing.T) {
	for _, text := range []string{"Hello, World!", "42", "x", "a\tb\r\n", "été", strings.Repeat("x", 600) + "\x00"} {
		assert.Equal(t, textPlain[0], http.DetectContentType([]byte(text)))
		assert.Equal(t, text[0] < 0x80, isDetectedText(text), "%.20q", text)
	}
}

// FuzzIsDetectedText begins with what package net/http knows.
func FuzzIsDetectedText(f *testing.F) {
	for _, seed := range []string{
		"Hello", "<html>", " <!DOCTYPE HTML>", "<?xml", "%PDF-", "%!PS-Adobe-", "\xfe\xff\x00\x00", "\xef\xbb\xbf\x00",
		"GIF87a", "GIF89a", "BM", "\x89PNG\x0d\x0a\x1a\x0a", "\xff\xd8\xff", "RIFFxxxxWEBPVP", "RIFFxxxxAVI ", "RIFFxxxxWAVE",
		"FORMxxxxAIFF", "ID3", "OggS\x00", "MThd\x00\x00\x00\x06", "\x00\x00\x00\x18ftypmp4 ", "\x1a\x45\xdf\xa3",
		strings.Repeat("x", 34) + "LP", "OTTO", "ttcf", "wOFF", "wOF2", "\x00\x01\x00\x00", "\x1f\x8b\x08", "PK\x03\x04",
		"Rar!\x1a\x07\x00", "\x00asm", ".snd", "a\x00b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || !isDetectedText(text) {
			return
		}
		if got := http.DetectContentType([]byte(text)); got != textPlain[0] {
			t.Fatalf("%q is %s", text, got)
		}
	})
}

package handler

import (
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// detectedAsText reports whether net/http adds textPlain to a reply of text by
// itself, because nobody set a header and [http.DetectContentType] finds just
// that. The reply is the same either way. Header maps that stay empty save
// 770 bytes and 0.3 µs of about 5 (BenchmarkServer of package protocol).
func (r *Request) detectedAsText(text string) bool {
	return r.impliesLength(int64(len(text))) && len(r.w.Header()) == 0 && isDetectedText(text)
}

// isDetectedText reports whether [http.DetectContentType] is certain to return
// textPlain for text: it has no control characters but white space, and begins
// like no other kind of content that has none. It may say no of texts, which
// costs them the header. FuzzIsDetectedText holds it against net/http.
func isDetectedText(text string) bool {
	const sniffed = 512 // bytes
	if c := text[0]; !httpgrammar.IsTokenByte(c) || strings.IndexByte("%.BFGIORtw", c) >= 0 {
		return false
	}
	if len(text) >= 36 && text[34:36] == "LP" { // a font, whatever is before
		return false
	}
	for i := range min(len(text), sniffed) {
		if c := text[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

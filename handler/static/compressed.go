package static

import (
	"slices"

	"github.com/cowhand/cowhand/handler"
)

// encodings are the content codings of compressed files, in the order of
// preference, and the extensions of their names.
var encodings = []struct{ name, extension string }{
	{"br", ".br"},
	{"zstd", ".zst"},
	{"gzip", ".gz"},
}

// findCompressed puts a compressed file in the place of the one found, where
// there is one that may be read and that the client accepts. Of those that it accepts equally well
// the first of encodings is sent. A malformed Accept-Encoding accepts none.
func (r *resource) findCompressed(req *handler.Request) {
	accept, err := handler.ParseHeader(req, handler.HeaderAcceptEncoding)
	if err != nil || len(accept) == 0 {
		return
	}
	plain := slices.IndexFunc(accept, func(w handler.Weighted) bool { return w.Value == "identity" })
	best := 0
	for _, encoding := range encodings {
		quality := qualityOf(accept, encoding.name)
		if quality <= best || plain >= 0 && quality < accept[plain].Quality {
			continue
		}
		name := r.name + encoding.extension
		info, err := r.stat(name)
		if err == nil && info.Mode().IsRegular() && r.readable(name, info) {
			best, r.info, r.sent, r.encoding = quality, info, name, encoding.name
		}
	}
}

// qualityOf returns the weight of a content coding, in thousandths.
func qualityOf(accept []handler.Weighted, coding string) int {
	named := func(name string) func(handler.Weighted) bool {
		return func(w handler.Weighted) bool { return w.Value == name }
	}
	if i := slices.IndexFunc(accept, named(coding)); i >= 0 {
		return accept[i].Quality
	}
	if coding == "gzip" {
		if i := slices.IndexFunc(accept, named("x-gzip")); i >= 0 { // RFC 9110, section 8.4.1.3
			return accept[i].Quality
		}
	}
	if i := slices.IndexFunc(accept, named("*")); i >= 0 {
		return accept[i].Quality
	}
	return 0
}

package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// aboutBody are the headers that describe a body, or how long it may be kept.
var aboutBody = [...]string{
	"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
	"Content-Location", "Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified",
}

// dropBody prepares for a reply that isn't the flow's: that of an error, or
// the 204 after Stop. The body isn't sent, so neither are the headers about
// it. All others are, whoever set them: a script of another origin can't read
// an error that lost its Access-Control-Allow-Origin.
func (f *flow) dropBody() {
	h := f.req.RespHeaders()
	for _, name := range aboutBody {
		delete(h, name)
	}
	f.req.SetRespBody(nil)
}

// mergeVary adds names to the header Vary, which stays one header.
func mergeVary(h http.Header, names []string) {
	if before := h["Vary"]; len(before) > 0 {
		all := slices.Collect(httpgrammar.Elements(before))
		for _, name := range names {
			if !slices.ContainsFunc(all, func(other string) bool { return strings.EqualFold(other, name) }) {
				all = append(all, name)
			}
		}
		names = all
	}
	h["Vary"] = []string{strings.Join(names, ", ")}
}

package static

import (
	"path"
	"strings"
)

// MIMEType returns the media type of a file by the extension of its name, of
// whatever case: those of Cowboy (cow_mimetypes:web/1), and others that are
// common on the web. It is application/octet-stream for the rest, and does not
// depend on the machine.
func MIMEType(name string) string {
	if t, ok := mimeTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}

var mimeTypes = map[string]string{
	// Cowboy's.
	".css":  "text/css",
	".gif":  "image/gif",
	".htm":  "text/html",
	".html": "text/html",
	".ico":  "image/x-icon",
	".jpeg": "image/jpeg",
	".jpg":  "image/jpeg",
	".js":   "application/javascript",
	".mjs":  "text/javascript",
	".mp3":  "audio/mpeg",
	".mp4":  "video/mp4",
	".ogg":  "audio/ogg",
	".ogv":  "video/ogg",
	".png":  "image/png",
	".svg":  "image/svg+xml",
	".wav":  "audio/x-wav",
	".webm": "video/webm",

	// Others.
	".atom":        "application/atom+xml",
	".avif":        "image/avif",
	".bmp":         "image/bmp",
	".br":          "application/x-brotli",
	".csv":         "text/csv",
	".flac":        "audio/flac",
	".gz":          "application/gzip",
	".ics":         "text/calendar",
	".jsonld":      "application/ld+json",
	".json":        "application/json",
	".m4a":         "audio/mp4",
	".map":         "application/json",
	".md":          "text/markdown",
	".mov":         "video/quicktime",
	".opus":        "audio/ogg",
	".otf":         "font/otf",
	".pdf":         "application/pdf",
	".rss":         "application/rss+xml",
	".tar":         "application/x-tar",
	".tif":         "image/tiff",
	".tiff":        "image/tiff",
	".ttf":         "font/ttf",
	".txt":         "text/plain",
	".vtt":         "text/vtt",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
	".xhtml":       "application/xhtml+xml",
	".xml":         "application/xml",
	".zip":         "application/zip",
	".zst":         "application/zstd",
}

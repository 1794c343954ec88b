package handler

// lazy is what only some requests need. A Request points to it from the
// first use on, so that one without is as small as may be.
type lazy struct {
	patterns           *Patterns
	hostInfo, pathInfo []string
	headers            map[string]parsedHeader // by canonical name
	body               *bodyReader
	parts              *partReader
	respBody           []byte // for a Reply without a body; nil beside respFile
	respFile           *File
}

// more returns the lazy fields, to be set.
func (r *Request) more() *lazy {
	switch {
	case r.lazy == nil:
		r.lazy = new(lazy)
	case r.lazy.shared():
		r.lazy = &lazy{patterns: r.lazy.patterns}
	}
	return r.lazy
}

// shared reports whether the fields are those of a route, which all of its
// requests share.
func (l *lazy) shared() bool { return l.patterns != nil && l == &l.patterns.base }

// seen returns the lazy fields as they are.
func (r *Request) seen() lazy {
	if r.lazy == nil {
		return lazy{}
	}
	return *r.lazy
}

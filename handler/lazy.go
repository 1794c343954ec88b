package handler

// lazy is what only some requests need. A Request points to it from the
// first use on, so that one without is as small as may be.
type lazy struct {
	headers  map[string]parsedHeader // by canonical name
	body     *bodyReader
	parts    *partReader
	respFile *File
}

// more returns the lazy fields, for use and change.
func (r *Request) more() *lazy {
	if r.lazy == nil {
		r.lazy = new(lazy)
	}
	return r.lazy
}

package handler

import (
	"net/http"
	"strings"
	"time"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// ETag is an entity tag (RFC 9110, section 8.8.3). The zero ETag stands for
// none.
type ETag struct {
	Weak bool
	Tag  string // without its quotes
}

// ParseETag parses an entity tag such as "abc" or W/"abc", with its quotes
// (cow_http_hd:parse_etag/1).
func ParseETag(value string) (ETag, error) {
	s := httpgrammar.NewScanner(value)
	tag, ok := etag(&s)
	if !ok || !s.Done() {
		return ETag{}, Errorf(400, "handler: %q is not an entity tag", value)
	}
	return tag, nil
}

// IsZero reports whether e stands for no tag.
func (e ETag) IsZero() bool { return e == ETag{} }

// String returns the tag as it stands in a header.
func (e ETag) String() string {
	if e.Weak {
		return `W/"` + e.Tag + `"`
	}
	return `"` + e.Tag + `"`
}

// ETags is the value of an If-Match or If-None-Match header: entity tags, or
// Any for "*". Without the header it has neither.
type ETags struct {
	Any  bool
	List []ETag
}

// MatchStrong reports whether e is in the list by strong comparison: a weak
// tag never is (RFC 9110, section 8.8.3.2).
func (l ETags) MatchStrong(e ETag) bool {
	if e.Weak || e.IsZero() {
		return false
	}
	for _, one := range l.List {
		if one == e {
			return true
		}
	}
	return false
}

// MatchWeak reports whether e is in the list by weak comparison: weak or not
// makes no difference (RFC 9110, section 8.8.3.2).
func (l ETags) MatchWeak(e ETag) bool {
	for _, one := range l.List {
		if one.Tag == e.Tag {
			return true
		}
	}
	return false
}

// IfRange is the value of an If-Range header: an entity tag or a date.
type IfRange struct {
	ETag ETag
	Date time.Time
}

func parseETags(value string) (tags ETags, ok bool) {
	if value == "*" {
		return ETags{Any: true}, true
	}
	tags.List, ok = httpgrammar.NonEmptyList(value, etag)
	return tags, ok
}

func parseIfRange(value string) (r IfRange, ok bool) {
	if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "W/") {
		tag, err := ParseETag(value)
		return IfRange{ETag: tag}, err == nil
	}
	r.Date, ok = parseDate(value)
	return r, ok
}

// parseDate reads the three forms of RFC 9110, section 5.6.7.
func parseDate(value string) (time.Time, bool) {
	t, err := http.ParseTime(value)
	return t.UTC(), err == nil
}

// etag takes an entity tag.
func etag(s *httpgrammar.Scanner) (e ETag, ok bool) {
	e.Weak = s.SkipPrefix("W/")
	if !s.Skip('"') {
		return e, false
	}
	e.Tag = s.While(func(c byte) bool { return c > ' ' && c != '"' && c != 0x7f })
	return e, s.Skip('"')
}

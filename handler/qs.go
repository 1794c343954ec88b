package handler

import (
	"net/http"
	"net/url"
	"strings"
)

// MaxKeys is the default limit on the keys of a query string and of a
// urlencoded body, and on the cookies of a request (cow_qs: max_keys,
// max_cookies). More are refused with 400.
const MaxKeys = 100

// Pair is a key and its value in a query string, a urlencoded body or a
// Cookie header.
type Pair struct {
	Name  string
	Value string
	Bare  bool // the key stood without "=": Cowboy's value true
}

// Pairs are the keys and values in the order in which they were sent.
type Pairs []Pair

// Get returns the value of the first pair of that name, and whether there is
// one.
func (p Pairs) Get(name string) (value string, ok bool) {
	for _, pair := range p {
		if pair.Name == name {
			return pair.Value, true
		}
	}
	return "", false
}

// ParseQS returns the query string's keys and values
// (cowboy_req:parse_qs/1). A malformed one, or more than [MaxKeys] keys, is a
// [*StatusError] of 400.
func (r *Request) ParseQS() (Pairs, error) { return ParseQS(r.r.URL.RawQuery, 0) }

// MatchQS returns what the fields make of the query string
// (cowboy_req:match_qs/2). A malformed query string, a missing field without
// a default or a value that a constraint refuses is a [*StatusError] of 400;
// for the last two it wraps a [*MatchError].
func (r *Request) MatchQS(fields ...Match) (Matches, error) {
	pairs, err := r.ParseQS()
	if err != nil {
		return nil, err
	}
	return pairs.Match(fields...)
}

// ParseQS parses text as application/x-www-form-urlencoded
// (cow_qs:parse_qs/2). At most maxKeys keys are taken; 0 is for [MaxKeys].
// The error is a [*StatusError] of 400.
func ParseQS(text string, maxKeys int) (Pairs, error) {
	if maxKeys == 0 {
		maxKeys = MaxKeys
	}
	var pairs Pairs
	for text != "" {
		var item string
		item, text, _ = strings.Cut(text, "&")
		if item == "" {
			continue
		}
		if len(pairs) >= maxKeys {
			return nil, Errorf(http.StatusBadRequest, "handler: more than %d keys in urlencoded text", maxKeys)
		}
		pair, ok := parsePair(item)
		if !ok {
			return nil, Errorf(http.StatusBadRequest, "handler: %q is not urlencoded", item)
		}
		pairs = append(pairs, pair)
	}
	return pairs, nil
}

// parsePair reads name=value, or a name alone.
func parsePair(item string) (Pair, bool) {
	rawName, rawValue, hasValue := strings.Cut(item, "=")
	name, err := url.QueryUnescape(rawName)
	if err != nil || rawName == "" {
		return Pair{}, false
	}
	value, err := url.QueryUnescape(rawValue)
	return Pair{name, value, !hasValue}, err == nil
}

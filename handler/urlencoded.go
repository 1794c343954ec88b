package handler

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

const (
	urlEncodedLength = 64_000
	urlEncodedPeriod = 5 * time.Second
)

// ReadURLEncodedBody reads the whole body as
// application/x-www-form-urlencoded (cowboy_req:read_urlencoded_body/2). One
// longer than o.Length, by default 64,000 bytes, is a [*StatusError] of 413;
// one that takes longer than o.Period, by default 5 seconds, of 408; a
// malformed one, or more than [MaxKeys] keys, of 400.
func (r *Request) ReadURLEncodedBody(o BodyOptions) (Pairs, error) {
	data, err := r.readWhole(o.orDefault(urlEncodedLength, urlEncodedPeriod))
	if err != nil {
		return nil, err
	}
	return ParseQS(string(data), 0)
}

// readWhole reads a body of at most o.Length bytes within o.Period.
func (r *Request) readWhole(o BodyOptions) ([]byte, error) {
	limit := min(o.Length, math.MaxInt64-1)
	if r.BodyLength() > limit {
		return nil, bodyTooLong(limit)
	}
	o.Length = limit + 1 // one byte more, or the end, tells whether the body is too long
	data, more, err := r.ReadBody(o)
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, bodyTooLong(limit)
	case more:
		text := fmt.Sprintf("the body did not come within %v", o.Period)
		return nil, Error(http.StatusRequestTimeout, text, errors.New("handler: "+text))
	}
	return data, nil
}

func bodyTooLong(limit int64) error {
	text := fmt.Sprintf("the body is longer than %d bytes", limit)
	return Error(http.StatusRequestEntityTooLarge, text, errors.New("handler: "+text))
}

// ReadAndMatchURLEncodedBody returns what the fields make of a urlencoded
// body (cowboy_req:read_and_match_urlencoded_body/3). Errors are those of
// [Request.ReadURLEncodedBody] and, for the fields, of [Request.MatchQS].
func (r *Request) ReadAndMatchURLEncodedBody(o BodyOptions, fields ...Match) (Matches, error) {
	pairs, err := r.ReadURLEncodedBody(o)
	if err != nil {
		return nil, err
	}
	return pairs.Match(fields...)
}

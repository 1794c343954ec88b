package rest

import (
	"fmt"
	"net/http"

	"github.com/cowhand/cowhand/handler"
)

// The decisions of GET and HEAD.

func (f *flow) setRespBodyETag() (Decision, error) { return atSetRespBodyLastModified, f.setETag() }

func (f *flow) setRespBodyLastModified() (Decision, error) {
	modified, err := f.lastModifiedOf()
	if err != nil || modified.IsZero() {
		return atSetRespBodyExpires, err
	}
	return atSetRespBodyExpires, f.req.SetRespHeader("Last-Modified", httpDate(modified))
}

func (f *flow) setRespBodyExpires() (Decision, error) { return atIfRange, f.setExpires() }

// ifRange lets a range through where the client's tag is the resource's by
// strong comparison. A date never will do, as the resource may have changed
// twice in its second (RFC 9110, section 13.1.5).
func (f *flow) ifRange() (Decision, error) {
	if !f.req.HasHeader("If-Range") || !f.req.HasHeader("Range") {
		return atRange, nil
	}
	condition, err := handler.ParseHeader(f.req.Request, handler.HeaderIfRange)
	tag := f.etag.value
	if err != nil || tag.IsZero() || tag.Weak || condition.ETag != tag {
		return atSetRespBody, nil
	}
	return atRange, nil
}

// chooseRange finds the callback for the unit of the client's range. One
// that is malformed is answered with 416, as in Cowboy; one of another unit
// is ignored, and so is any of another method than GET, for which there are
// no ranges (RFC 9110, section 14.2).
func (f *flow) chooseRange() (Decision, error) {
	if len(f.ranges) == 0 || f.method != http.MethodGet {
		return atSetRespBody, nil
	}
	wanted, err := handler.ParseHeader(f.req.Request, handler.HeaderRange)
	if err != nil {
		return f.notSatisfiable("")
	}
	for _, r := range f.ranges {
		if r.Unit == wanted.Unit {
			f.req.Range, f.rangeFrom = wanted, r.From
			return atRangeSatisfiable, nil
		}
	}
	return atSetRespBody, nil
}

func (f *flow) rangeSatisfiable() (Decision, error) {
	c, ok := f.resource.(RangeSatisfiable)
	if !ok {
		return atSetRangedBody, nil
	}
	ok, contentRange, err := c.RangeSatisfiable(f.req)
	if err != nil || ok {
		return atSetRangedBody, err
	}
	return f.notSatisfiable(contentRange)
}

// notSatisfiable answers 416, with what is known for Content-Range.
func (f *flow) notSatisfiable(contentRange string) (Decision, error) {
	if contentRange == "" {
		return f.respond(http.StatusRequestedRangeNotSatisfiable)
	}
	return f.respondWith(http.StatusRequestedRangeNotSatisfiable, "Content-Range", f.req.Range.Unit+" "+contentRange)
}

// provide calls the callback of the chosen media type.
func (f *flow) provide() (Body, error) {
	if f.chosen.to == nil {
		if _, own := f.resource.(ContentTypesProvided); !own {
			return Body{}, fmt.Errorf("rest: %T has neither ContentTypesProvided nor ToHTML", f.resource)
		}
		return Body{}, fmt.Errorf("rest: %T provides %v without a callback To", f.resource, f.chosen)
	}
	return f.chosen.to(f.req)
}

func (f *flow) setRespBody() (Decision, error) {
	body, err := f.provide()
	if err != nil {
		return atEnd, err
	}
	body.setTo(f.req)
	return atMultipleChoices, nil
}

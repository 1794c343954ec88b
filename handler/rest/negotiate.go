package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// The decisions about which representation the client gets.

// provided is a media type that the resource provides.
type provided struct {
	handler.MediaType
	anyParams bool
	to        func(*Request) (Body, error)
}

// parseType reads the Type of [Provide] or [Accept].
func parseType(text string) (t handler.MediaType, anyParams bool, err error) {
	name, anyParams := strings.CutSuffix(text, "*")
	if anyParams {
		name, anyParams = strings.CutSuffix(strings.TrimRight(name, " "), ";")
	}
	t, err = handler.ParseMediaType(name)
	if err != nil || strings.HasSuffix(text, "*") && !anyParams || t.Type == "*" || t.Subtype == "*" {
		return t, false, fmt.Errorf("rest: %q is neither a media type nor one with any parameters, such as \"text/html;*\"", text)
	}
	return t, anyParams, nil
}

// takes reports whether p is provided with these parameters.
func (p provided) takes(params []handler.Param) bool {
	return p.anyParams || sameParams(p.Params, params)
}

func (f *flow) contentTypesProvided() (Decision, error) {
	if err := f.listProvided(); err != nil {
		return atEnd, err
	}
	if len(f.provided) == 0 {
		return f.notAcceptable()
	}
	if !f.req.HasHeader("Accept") {
		f.chosen = &f.provided[0]
		f.req.MediaType = f.chosen.MediaType
		return atLanguagesProvided, nil
	}
	accept, err := handler.ParseHeader(f.req.Request, handler.HeaderAccept)
	if err != nil {
		return f.respond(http.StatusBadRequest)
	}
	return f.chooseMediaType(accept)
}

// listProvided asks the resource for its media types.
func (f *flow) listProvided() error {
	var list []Provide
	if c, ok := f.resource.(ContentTypesProvided); ok {
		var err error
		if list, err = c.ContentTypesProvided(f.req); err != nil {
			return err
		}
	}
	if list == nil {
		list = []Provide{{Type: "text/html;*"}}
		if c, ok := f.resource.(ToHTML); ok {
			list[0].To = c.ToHTML
		}
	}
	for _, p := range list {
		t, anyParams, err := parseType(p.Type)
		if err != nil {
			return err
		}
		f.provided = append(f.provided, provided{t, anyParams, p.To})
	}
	return nil
}

// chooseMediaType takes the first type that the client's best range is about.
func (f *flow) chooseMediaType(accept []handler.MediaRange) (Decision, error) {
	for _, r := range prioritizeTypes(accept) {
		if r.Quality == 0 {
			break
		}
		for i := range f.provided {
			p := &f.provided[i]
			if !matchType(r.MediaType, p.MediaType) || !p.takes(r.Params) || refusesType(accept, r, *p) {
				continue
			}
			ok, err := f.chooseProvided(p, r)
			if err != nil {
				return atEnd, err
			}
			if ok {
				return atLanguagesProvided, nil
			}
		}
	}
	return f.notAcceptable()
}

// chooseProvided settles on p for the range r, and with it on a charset that
// either names. It is false where the resource does not have the charset that
// r names.
func (f *flow) chooseProvided(p *provided, r handler.MediaRange) (bool, error) {
	charset := r.Param("charset")
	chosen := *p
	f.req.MediaType = p.MediaType
	if p.anyParams {
		f.req.MediaType.Params = r.Params
		if charset != "" && r.Type == "text" {
			if err := f.listCharsets(); err != nil {
				return false, err
			}
			if f.hasCharsets && f.charsets != nil {
				i := slices.IndexFunc(f.charsets, func(offer string) bool { return matchCharset(charset, offer) })
				if i < 0 {
					return false, nil
				}
				f.charset = f.charsets[i]
				f.req.MediaType = f.req.MediaType.Without("charset")
			}
		}
	} else if charset != "" && p.Type == "text" {
		f.charset = charset
		chosen.MediaType = p.Without("charset")
		f.req.MediaType = chosen.MediaType
	}
	f.chosen = &chosen
	return true, nil
}

func (f *flow) languagesProvided() (Decision, error) {
	c, ok := f.resource.(LanguagesProvided)
	if !ok {
		return atCharsetsProvided, nil
	}
	var err error
	if f.languages, err = c.LanguagesProvided(f.req); err != nil {
		return atEnd, err
	}
	switch {
	case f.languages == nil:
		return atCharsetsProvided, nil
	case len(f.languages) == 0:
		return f.notAcceptable()
	}
	f.req.Language, ok, err = f.choose(handler.HeaderAcceptLanguage, f.languages, matchLanguage)
	switch {
	case err != nil:
		return atEnd, err
	case !ok:
		return f.notAcceptable()
	}
	return atCharsetsProvided, f.req.SetRespHeader("Content-Language", f.req.Language)
}

// choose returns the offer that an Accept-* header likes best; the first
// one without the header. A malformed header is an error, 400.
func (f *flow) choose(header handler.HeaderType[[]handler.Weighted], offers []string, matches func(item, offer string) bool) (string, bool, error) {
	if !f.req.HasHeader(header.Name) {
		return offers[0], true, nil
	}
	accept, err := handler.ParseHeader(f.req.Request, header)
	if err != nil {
		return "", false, err
	}
	offer, ok := chooseWeighted(accept, offers, matches)
	return offer, ok, nil
}

// listCharsets asks the resource for its charsets, once.
func (f *flow) listCharsets() error {
	c, ok := f.resource.(CharsetsProvided)
	if !ok || f.hasCharsets {
		return nil
	}
	charsets, err := c.CharsetsProvided(f.req)
	f.charsets, f.hasCharsets = charsets, true
	return err
}

func (f *flow) charsetsProvided() (Decision, error) {
	if f.charset != "" { // chosen with the media type
		return atSetContentType, nil
	}
	if err := f.listCharsets(); err != nil {
		return atEnd, err
	}
	if f.charsets == nil {
		return atSetContentType, nil
	}
	if len(f.charsets) == 0 {
		return f.notAcceptable()
	}
	charset, ok, err := f.choose(handler.HeaderAcceptCharset, f.charsets, matchCharset)
	f.charset = charset
	switch {
	case err != nil:
		return atEnd, err
	case !ok:
		return f.notAcceptable()
	}
	return atSetContentType, nil
}

func (f *flow) setContentType() (Decision, error) {
	contentType := f.chosen.String()
	if f.chosen.Type == "text" && f.charset != "" && f.chosen.Param("charset") == "" {
		contentType += "; charset=" + f.charset
	}
	f.req.Charset = f.charset
	return atRangesProvided, f.req.SetRespHeader("Content-Type", contentType)
}

func (f *flow) notAcceptable() (Decision, error) { return f.respond(http.StatusNotAcceptable) }

func (f *flow) rangesProvided() (Decision, error) {
	c, ok := f.resource.(RangesProvided)
	if !ok {
		return atVariances, nil
	}
	var err error
	if f.ranges, err = c.RangesProvided(f.req); err != nil || f.ranges == nil {
		return atVariances, err
	}
	units := "none"
	for i, r := range f.ranges {
		if i == 0 {
			units = r.Unit
		} else {
			units += ", " + r.Unit
		}
	}
	return atVariances, f.req.SetRespHeader("Accept-Ranges", units)
}

// variances adds to Vary, in Cowboy's order.
func (f *flow) variances() (Decision, error) {
	var vary []string
	if len(f.charsets) > 1 {
		vary = append(vary, "accept-charset")
	}
	if len(f.languages) > 1 {
		vary = append(vary, "accept-language")
	}
	if len(f.provided) > 1 {
		vary = append(vary, "accept")
	}
	if c, ok := f.resource.(Variances); ok {
		own, err := c.Variances(f.req)
		if err != nil {
			return atEnd, mustGoOn("Variances", err)
		}
		vary = append(vary, own...)
	}
	if len(vary) == 0 {
		return atResourceExists, nil
	}
	mergeVary(f.req.RespHeaders(), vary)
	return atResourceExists, nil
}

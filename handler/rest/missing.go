package rest

import "net/http"

// The decisions about a resource that does not exist.

func (f *flow) isPutToMissingResource() (Decision, error) {
	if f.method == http.MethodPut {
		return atMovedPermanently, nil
	}
	return atPreviouslyExisted, nil
}

// movedPermanently is asked before PUT makes a resource, and of one that
// existed before.
func (f *flow) movedPermanently() (Decision, error) {
	if c, ok := f.resource.(MovedPermanently); ok {
		location, err := c.MovedPermanently(f.req)
		if err != nil {
			return atEnd, err
		}
		if location != "" {
			return f.respondWith(http.StatusMovedPermanently, "Location", location)
		}
	}
	if f.method == http.MethodPut {
		return atIsConflict, nil
	}
	return atMovedTemporarily, nil
}

func (f *flow) previouslyExisted() (Decision, error) {
	f.missing = http.StatusNotFound
	if c, ok := f.resource.(PreviouslyExisted); ok {
		existed, err := c.PreviouslyExisted(f.req)
		if err != nil {
			return atEnd, err
		}
		if existed {
			return atMovedPermanently, nil
		}
	}
	return atIsPostToMissingResource, nil
}

func (f *flow) movedTemporarily() (Decision, error) {
	f.missing = http.StatusGone
	if c, ok := f.resource.(MovedTemporarily); ok {
		location, err := c.MovedTemporarily(f.req)
		if err != nil {
			return atEnd, err
		}
		if location != "" {
			return f.respondWith(http.StatusTemporaryRedirect, "Location", location)
		}
	}
	return atIsPostToMissingResource, nil
}

func (f *flow) isPostToMissingResource() (Decision, error) {
	return f.next(f.method == http.MethodPost, nil, atAllowMissingPost, f.missing)
}

func (f *flow) allowMissingPost() (Decision, error) {
	c, ok := f.resource.(AllowMissingPost)
	if !ok {
		return atAcceptResource, nil
	}
	allowed, err := c.AllowMissingPost(f.req)
	return f.next(allowed, err, atAcceptResource, f.missing)
}

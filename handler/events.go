package handler

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Event is a server-sent event (cow_sse:event(); HTML, section 9.2).
type Event struct {
	Comment string        // for keeping the connection alive; browsers skip it
	ID      string        // what the browser sends back as Last-Event-ID; one line
	Event   string        // the type; one line; "message" where empty
	Data    string        // may have several lines
	Retry   time.Duration // for how long the browser waits to reconnect, in whole milliseconds; 0 leaves it

	// EmptyData sends Data though it is empty; without data browsers do not
	// dispatch the event.
	EmptyData bool
}

// Events sends server-sent events at once (cowboy_req:stream_events/3). The
// reply is to have the content type text/event-stream. An ID or an Event of
// more than one line, or a negative Retry, is an error that names it, and
// nothing is sent.
func (s *Stream) Events(events ...Event) error {
	var b []byte
	for _, event := range events {
		var err error
		if b, err = event.append(b); err != nil {
			return err
		}
	}
	return s.Body(b)
}

// append writes the event as it goes over the wire, in Cowboy's order.
func (e Event) append(b []byte) ([]byte, error) {
	switch {
	case strings.ContainsAny(e.ID, "\r\n"):
		return b, fmt.Errorf("handler: the ID %q of an event has more than one line", e.ID)
	case strings.ContainsAny(e.Event, "\r\n"):
		return b, fmt.Errorf("handler: the type %q of an event has more than one line", e.Event)
	case e.Retry < 0:
		return b, fmt.Errorf("handler: the retry %v of an event is negative", e.Retry)
	}
	if e.Comment != "" {
		b = appendLines(b, ": ", e.Comment)
	}
	if e.ID != "" {
		b = append(b, "id: "+e.ID+"\n"...)
	}
	if e.Event != "" {
		b = append(b, "event: "+e.Event+"\n"...)
	}
	if e.Data != "" || e.EmptyData {
		b = appendLines(b, "data: ", e.Data)
	}
	if e.Retry > 0 {
		b = append(b, "retry: "+strconv.FormatInt(e.Retry.Milliseconds(), 10)+"\n"...)
	}
	return append(b, '\n'), nil
}

var oneLineEnd = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// appendLines writes each line of text with a prefix.
func appendLines(b []byte, prefix, text string) []byte {
	for line := range strings.SplitSeq(oneLineEnd.Replace(text), "\n") {
		b = append(b, prefix...)
		b = append(b, line...)
		b = append(b, '\n')
	}
	return b
}

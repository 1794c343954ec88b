package handlertest

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// cutEvent parses the first server-sent event of b (HTML, section 9.2.6); ok is
// false if b has no complete one. Unlike a browser it returns comments and
// events without data, too.
func cutEvent(b []byte) (event handler.Event, rest []byte, ok bool) {
	var data, comments []string
	hasData, empty := false, true
	for {
		line, after, found := bytes.Cut(b, []byte{'\n'})
		if !found {
			return handler.Event{}, nil, false
		}
		b = after
		text := strings.TrimSuffix(string(line), "\r")
		if text == "" {
			if empty {
				continue
			}
			event.Data, event.Comment = strings.Join(data, "\n"), strings.Join(comments, "\n")
			event.EmptyData = hasData && event.Data == ""
			return event, b, true
		}
		empty = false
		field, value, _ := strings.Cut(text, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			comments = append(comments, value)
		case "id":
			event.ID = value
		case "event":
			event.Event = value
		case "data":
			data, hasData = append(data, value), true
		case "retry":
			if ms, err := strconv.Atoi(value); err == nil {
				event.Retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

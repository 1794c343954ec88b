package deflate

import (
	"fmt"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// A HeaderError reports a malformed Sec-WebSocket-Extensions header. Answer the
// handshake with 400 Bad Request.
type HeaderError struct {
	Value  string // of the header
	Offset int    // byte of Value where parsing failed
	Want   string // description of valid input there
}

// Error quotes the header and says where it is malformed.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("deflate: malformed Sec-WebSocket-Extensions %q at byte %d: want %s", e.Value, e.Offset, e.Want)
}

// CheckHeader returns a *HeaderError if one of a request's
// Sec-WebSocket-Extensions headers is malformed. Negotiate does the same check.
func CheckHeader(values []string) error {
	_, err := parseHeader(values)
	return err
}

func parseHeader(values []string) ([]httpgrammar.Extension, error) {
	offers, err := httpgrammar.Extensions(values)
	if err != nil {
		return nil, (*HeaderError)(err)
	}
	return offers, nil
}

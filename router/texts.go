package router

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Regexp returns a constraint that takes the texts which the regular
// expression matches as a whole: Regexp("[a-z]+") refuses "ab1". The syntax is
// that of package [regexp], which takes linear time whatever the text.
// [Compile] reports a bad expression.
func Regexp(expression string) Constraint {
	if _, err := regexp.Compile(expression); err != nil {
		return &texts{fault: err}
	}
	whole := regexp.MustCompile(`\A(?:` + expression + `)\z`)
	return &texts{accepts: whole.MatchString, allowed: "a match of " + expression}
}

// Length returns a constraint that takes texts of least to most characters,
// counted as Unicode code points.
func Length(least, most int) Constraint {
	if least < 0 || most < least {
		return &texts{fault: fmt.Errorf("Length is %d to %d; 0 and more to at least as many is allowed", least, most)}
	}
	return &texts{
		accepts: func(text string) bool {
			n := utf8.RuneCountInString(text)
			return least <= n && n <= most
		},
		allowed: fmt.Sprintf("%d to %d characters", least, most),
	}
}

// OneOf returns a constraint that takes the given texts.
func OneOf(allowed ...string) Constraint {
	if len(allowed) == 0 {
		return &texts{fault: errors.New("OneOf has no texts; one at least is required")}
	}
	allowed = slices.Clone(allowed)
	return &texts{
		accepts: func(text string) bool { return slices.Contains(allowed, text) },
		allowed: strings.Join(allowed, ", "),
	}
}

// texts takes the texts that pass a test, and leaves them as they are.
type texts struct {
	accepts func(text string) bool
	allowed string // in words
	fault   error  // in the constraint itself
}

var errNotAllowed = errors.New("not allowed")

// Forward tests the text.
func (c *texts) Forward(value any) (any, error) {
	text, ok := value.(string)
	switch {
	case c.fault != nil:
		return nil, c.fault
	case !ok:
		return nil, wrongType[string](value)
	case !c.accepts(text):
		return nil, errNotAllowed
	}
	return value, nil
}

// Reverse is Forward: nothing was converted.
func (c *texts) Reverse(value any) (any, error) { return c.Forward(value) }

// FormatError says what is allowed.
func (c *texts) FormatError(err error, value any) string {
	if err != errNotAllowed {
		return err.Error()
	}
	return fmt.Sprintf("the value %q is not allowed; allowed: %s", value, c.allowed)
}

// Validate is for [Compile].
func (c *texts) Validate() error { return c.fault }

func (c *texts) forwardText(text string) (any, bool) {
	return nil, c.fault == nil && c.accepts(text)
}

// UUID takes a UUID of any version, as 8, 4, 4, 4 and 12 hexadecimal digits
// with hyphens between them, and makes its letters lower case (RFC 9562,
// section 4).
var UUID Constraint = uuid{}

var errNotUUID = errors.New("not a UUID")

type uuid struct{}

func (u uuid) Forward(value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, wrongType[string](value)
	}
	lower, ok := u.forwardText(text)
	if !ok {
		return nil, errNotUUID
	}
	if lower == nil {
		return value, nil
	}
	return lower, nil
}

func (u uuid) Reverse(value any) (any, error) { return u.Forward(value) }

func (uuid) FormatError(_ error, value any) string {
	return fmt.Sprintf("the value %q is not a UUID", fmt.Sprint(value))
}

func (uuid) forwardText(text string) (any, bool) {
	if len(text) != 36 {
		return nil, false
	}
	for i := range len(text) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (text[i] == '-') || !hyphen && hexDigit(text[i]) > 15 {
			return nil, false
		}
	}
	if low := lower(text); low != text {
		return low, true
	}
	return nil, true
}

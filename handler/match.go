package handler

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Constraint tests a value and may convert it. Those of package router are
// constraints, router.Int among them; so is any type with these methods.
type Constraint interface {
	// Forward returns what the handler is to see, nil to leave value as it
	// is, or an error to refuse it. The value is a string, or what the
	// constraint before this one returned.
	Forward(value any) (any, error)

	// FormatError says in words why value was refused; err is the error that
	// Forward returned.
	FormatError(err error, value any) string
}

// Match is a field that MatchQS, MatchCookies or ReadAndMatchURLEncodedBody
// looks for: Cowboy's Name, {Name, Constraints} and {Name, Constraints,
// Default}.
type Match struct {
	// Name is the key. Keys that no field names are left out.
	Name string

	// Constraints test and convert the value, one after the other. None
	// leave it a string, or true for a key without "=".
	Constraints []Constraint

	// Default stands for a missing key, as it is: the constraints do not see
	// it. Without one, and unless the field is Optional, the key is required.
	Default any

	// Optional lets the key be missing; then the field is not in the result.
	Optional bool
}

// Matches holds a value for each field that matched. A key that came several
// times has a list of its values in the order sent: a []string, or a []any
// where there are constraints, of what they made of each, or where the key
// came without "=", which is true among them.
type Matches map[string]any

// MatchedAs returns the value of a field, and whether it matched and is of
// that type: with the constraint router.Int, MatchedAs[int](m, "page").
func MatchedAs[T any](m Matches, name string) (value T, ok bool) {
	value, ok = m[name].(T)
	return value, ok
}

// MatchError says why fields did not match: Cowboy's map of errors.
type MatchError struct {
	// Reasons say it in words, by field name: what the constraints'
	// FormatError returned, or "required".
	Reasons map[string]string

	// Errors are what the constraints' Forward returned, by field name. A
	// missing field has [ErrRequired]. [errors.Is] and [errors.As] look at them.
	Errors map[string]error
}

// ErrRequired is the error of a missing field in a [MatchError].
var ErrRequired = errors.New("required")

// Error returns the reasons in the order of the names.
func (e *MatchError) Error() string {
	var b strings.Builder
	b.WriteString("handler: fields did not match:")
	for _, name := range sortedKeys(e.Reasons) {
		fmt.Fprintf(&b, " %s: %s;", name, e.Reasons[name])
	}
	return strings.TrimSuffix(b.String(), ";")
}

// Public says for a client which fields did not match: "required" or
// "invalid", by field name. The reasons may tell more than a client should
// know.
func (e *MatchError) Public() map[string]string {
	public := make(map[string]string, len(e.Reasons))
	for name := range e.Reasons {
		public[name] = "invalid"
		if e.Errors[name] == ErrRequired {
			public[name] = "required"
		}
	}
	return public
}

// Unwrap returns the errors in the order of the names.
func (e *MatchError) Unwrap() []error {
	var errs []error
	for _, name := range sortedKeys(e.Errors) {
		errs = append(errs, e.Errors[name])
	}
	return errs
}

// add notes why a field did not match.
func (e *MatchError) add(name, reason string, err error) {
	if e.Reasons == nil {
		e.Reasons, e.Errors = make(map[string]string), make(map[string]error)
	}
	e.Reasons[name], e.Errors[name] = reason, err
}

// Match returns what the fields make of the pairs, or a [*StatusError] of 400
// that wraps a [*MatchError] with the reason of every field that failed. Its
// public message says which fields are required or invalid.
func (p Pairs) Match(fields ...Match) (Matches, error) {
	matches, failed := make(Matches, len(fields)), MatchError{}
	for _, field := range fields {
		value, present, refused := p.match(field)
		switch {
		case refused != nil:
			failed.add(field.Name, refused.reason, refused.err)
		case present:
			matches[field.Name] = value
		case field.Default != nil:
			matches[field.Name] = field.Default
		case !field.Optional:
			failed.add(field.Name, ErrRequired.Error(), ErrRequired)
		}
	}
	if failed.Reasons != nil {
		return nil, Error(http.StatusBadRequest, joinPairs(failed.Public()), &failed)
	}
	return matches, nil
}

// joinPairs returns "a: required; b: invalid".
func joinPairs(m map[string]string) string {
	var parts []string
	for _, name := range sortedKeys(m) {
		parts = append(parts, name+": "+m[name])
	}
	return strings.Join(parts, "; ")
}

// refused is a value that a constraint refused.
type refused struct {
	reason string
	err    error
}

// match returns the value of one field.
func (p Pairs) match(field Match) (value any, present bool, no *refused) {
	var values []any
	for _, pair := range p {
		if pair.Name != field.Name {
			continue
		}
		value, no := field.forward(pair)
		if no != nil {
			return nil, true, no
		}
		values = append(values, value)
	}
	switch {
	case len(values) == 0:
		return nil, false, nil
	case len(values) == 1:
		return values[0], true, nil
	case len(field.Constraints) > 0:
		return values, true, nil
	}
	if texts, ok := allTexts(values); ok {
		return texts, true, nil
	}
	return values, true, nil
}

// allTexts returns the values as strings, and whether they all are.
func allTexts(values []any) ([]string, bool) {
	texts := make([]string, len(values))
	for i, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, false
		}
		texts[i] = text
	}
	return texts, true
}

// forward passes a value through the constraints.
func (m Match) forward(pair Pair) (any, *refused) {
	if pair.Bare && len(m.Constraints) == 0 {
		return true, nil
	}
	var value any = pair.Value
	for _, c := range m.Constraints {
		next, err := c.Forward(value)
		if err != nil {
			return nil, &refused{c.FormatError(err, value), err}
		}
		if next != nil {
			value = next
		}
	}
	return value, nil
}

package router

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// Constraint tests the value of a binding and may convert it
// (cowboy_constraints). The router calls Forward alone; the other methods are
// for those who build links or report bad values. The methods are called from
// many goroutines at once.
type Constraint interface {
	// Forward returns the value that the handler is to see, nil to leave it
	// as it is, or an error to refuse it. The value is the binding's text, a
	// string, or what the constraint before this one returned.
	Forward(value any) (any, error)

	// Reverse turns a value as Forward returns it back into one that Forward
	// takes, nil to leave it as it is, or returns an error to refuse it.
	Reverse(value any) (any, error)

	// FormatError says in words why value was refused; err is the error that
	// Forward or Reverse returned.
	FormatError(err error, value any) string
}

// Int takes decimal integers, with or without a sign, and converts them to
// int; a number that int cannot hold is refused. It mirrors the constraint
// int of Cowboy.
var Int Constraint = integer{}

// NonEmpty refuses the empty string, as between the slashes of /users//posts.
// It mirrors the constraint nonempty of Cowboy.
var NonEmpty Constraint = nonEmpty{}

// Func is a constraint made of functions: To converts a value of type In to
// one of type Out. A value of another type than In is refused, so that
// Func[string, Out] takes the text of a binding, and Func[int, Out] stands
// after [Int]. It mirrors the function constraints of Cowboy.
type Func[In, Out any] struct {
	// To is Forward: it converts value, or returns an error to refuse it.
	// It may not be nil.
	To func(value In) (Out, error)

	// From is Reverse. Without it a value is its own reverse where In and
	// Out are one type, is written by [fmt.Sprint] where In is string, and
	// is refused elsewhere.
	From func(value Out) (In, error)

	// Format is FormatError; without it the message is that of the error.
	Format func(err error, value any) string
}

// Forward calls To.
func (f Func[In, Out]) Forward(value any) (any, error) {
	in, ok := value.(In)
	if !ok {
		return nil, wrongType[In](value)
	}
	return f.To(in)
}

// Reverse calls From.
func (f Func[In, Out]) Reverse(value any) (any, error) {
	out, ok := value.(Out)
	if !ok {
		return nil, wrongType[Out](value)
	}
	if f.From != nil {
		return f.From(out)
	}
	if _, same := value.(In); same {
		return value, nil
	}
	var in In
	if _, text := any(in).(string); text {
		return fmt.Sprint(value), nil
	}
	return nil, fmt.Errorf("a %T cannot be turned back into a %T", out, in)
}

// FormatError calls Format.
func (f Func[In, Out]) FormatError(err error, value any) string {
	if f.Format != nil {
		return f.Format(err, value)
	}
	return err.Error()
}

func (f Func[In, Out]) usable() bool { return f.To != nil }

func wrongType[Want any](value any) error {
	return fmt.Errorf("the value %v is a %T, not a %v", value, value, reflect.TypeFor[Want]())
}

// Validate passes value through the constraints in order, as the router does
// with a binding, and returns what they made of it. The error is a
// [*ConstraintError] (cowboy_constraints:validate/2).
func Validate(value any, constraints ...Constraint) (any, error) {
	for _, c := range constraints {
		next, err := c.Forward(value)
		if err != nil {
			return nil, &ConstraintError{c, value, err}
		}
		if next != nil {
			value = next
		}
	}
	return value, nil
}

// Reverse passes value back through the constraints, the last one first, and
// returns what Validate would have been given. The error is a
// [*ConstraintError] (cowboy_constraints:reverse/2, which takes the first
// one first).
func Reverse(value any, constraints ...Constraint) (any, error) {
	for i := len(constraints) - 1; i >= 0; i-- {
		c := constraints[i]
		next, err := c.Reverse(value)
		if err != nil {
			return nil, &ConstraintError{c, value, err}
		}
		if next != nil {
			value = next
		}
	}
	return value, nil
}

// ConstraintError says which constraint refused which value, and why.
type ConstraintError struct {
	Constraint Constraint
	Value      any
	Err        error // as Forward or Reverse returned it
}

// Error returns the constraint's own words
// (cowboy_constraints:format_error/1).
func (e *ConstraintError) Error() string { return e.Constraint.FormatError(e.Err, e.Value) }

// Unwrap returns the error of Forward or Reverse.
func (e *ConstraintError) Unwrap() error { return e.Err }

// textual is what a constraint may be besides: it takes the text of a binding
// without a string in an interface, which would cost an allocation for each
// request. A nil value means that the text stays as it is.
type textual interface {
	forwardText(text string) (value any, ok bool)
}

var (
	errNotInteger = errors.New("not an integer")
	errEmpty      = errors.New("empty")
)

type integer struct{}

func (integer) Forward(value any) (any, error) {
	switch v := value.(type) {
	case int:
		return v, nil
	case string:
		if n, ok := parseInt(v); ok {
			return n, nil
		}
	}
	return nil, errNotInteger
}

func (integer) Reverse(value any) (any, error) {
	if n, ok := value.(int); ok {
		return strconv.Itoa(n), nil
	}
	return nil, errNotInteger
}

func (integer) FormatError(_ error, value any) string {
	return fmt.Sprintf("the value %q is not an integer", fmt.Sprint(value))
}

func (integer) forwardText(text string) (any, bool) {
	n, ok := parseInt(text)
	return n, ok
}

func parseInt(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}

type nonEmpty struct{}

func (nonEmpty) Forward(value any) (any, error) {
	if value == "" {
		return nil, errEmpty
	}
	return value, nil
}

func (c nonEmpty) Reverse(value any) (any, error) { return c.Forward(value) }

func (nonEmpty) FormatError(error, any) string { return "the value may not be empty" }

func (nonEmpty) forwardText(text string) (any, bool) { return nil, text != "" }

package router

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/cowhand/cowhand/handler"
)

// Constraint tests the value of a binding and may convert it
// (cowboy_constraints). The router calls Forward alone; FormatError is for
// those who report bad values. One with a method Reverse is a [Reverser]; one
// with Validate() error is asked by [Compile] whether it will work. All
// methods are called from many goroutines at once.
type Constraint = handler.Constraint

// Reverser is a [Constraint] that can undo what it made of a value, for those
// who build links.
type Reverser interface {
	Constraint

	// Reverse turns a value as Forward returns it back into one that Forward
	// takes, nil to leave it as it is, or returns an error to refuse it.
	Reverse(value any) (any, error)
}

// Int takes decimal integers, with or without a sign, and converts them to
// int; a number that int cannot hold is refused. It mirrors the constraint
// int of Cowboy.
var Int Constraint = integer{}

// NonEmpty refuses the empty string, as between the slashes of /users//posts.
// It mirrors the constraint nonempty of Cowboy.
var NonEmpty Constraint = nonEmpty{}

// Func returns a constraint that calls to: it converts a value of type In to
// one of type Out, or returns an error to refuse it. A value of another type
// than In is refused, so that to takes a string, the text of a binding, or,
// after [Int], an int. It mirrors the function constraints of Cowboy. For a
// constraint with more than one function see [Funcs].
func Func[In, Out any](to func(value In) (Out, error)) Funcs[In, Out] {
	return Funcs[In, Out]{To: to}
}

// Funcs is a constraint made of functions: what [Func] returns, and more.
type Funcs[In, Out any] struct {
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
func (f Funcs[In, Out]) Forward(value any) (any, error) {
	in, ok := value.(In)
	if !ok {
		return nil, wrongType[In](value)
	}
	if f.To == nil {
		return nil, f.Validate()
	}
	return f.To(in)
}

// Reverse calls From.
func (f Funcs[In, Out]) Reverse(value any) (any, error) {
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
func (f Funcs[In, Out]) FormatError(err error, value any) string {
	if f.Format != nil {
		return f.Format(err, value)
	}
	return err.Error()
}

// Validate is for [Compile].
func (f Funcs[In, Out]) Validate() error {
	if f.To == nil {
		return errors.New("the function To is nil; one is required")
	}
	return nil
}

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
// [*ConstraintError], or says which constraint is no [Reverser]
// (cowboy_constraints:reverse/2, which takes the first one first).
func Reverse(value any, constraints ...Constraint) (any, error) {
	for i := len(constraints) - 1; i >= 0; i-- {
		c, ok := constraints[i].(Reverser)
		if !ok {
			return nil, fmt.Errorf("router: a %T has no method Reverse", constraints[i])
		}
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

package router_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	errOdd = errors.New("odd")

	even = router.Funcs[int, int]{
		To: func(n int) (int, error) {
			if n%2 != 0 {
				return 0, errOdd
			}
			return n, nil
		},
		Format: func(err error, value any) string { return "the number is " + err.Error() },
	}
	upper    = router.Funcs[string, string]{To: func(s string) (string, error) { return strings.ToUpper(s), nil }}
	duration = router.Funcs[string, time.Duration]{To: time.ParseDuration}
	hex      = router.Funcs[string, uint64]{
		To:   func(s string) (uint64, error) { return strconv.ParseUint(s, 16, 64) },
		From: func(n uint64) (string, error) { return strconv.FormatUint(n, 16), nil },
	}
)

// silent is a constraint that has nothing to say of the value.
type silent struct{}

func (silent) Forward(any) (any, error)      { return nil, nil }
func (silent) Reverse(any) (any, error)      { return nil, nil }
func (silent) FormatError(error, any) string { return "" }

func TestConstraintsConvertInOrder(t *testing.T) {
	for _, test := range []struct {
		constraints []router.Constraint
		text        string
		want        any // nil where the constraints refuse it
	}{
		{nil, "a", "a"},
		{[]router.Constraint{router.Int}, "42", 42},
		{[]router.Constraint{router.Int}, "-42", -42},
		{[]router.Constraint{router.Int}, "+007", 7},
		{[]router.Constraint{router.Int}, "", nil},
		{[]router.Constraint{router.Int}, "4x", nil},
		{[]router.Constraint{router.Int}, "1_0", nil},
		{[]router.Constraint{router.Int}, "99999999999999999999", nil},
		{[]router.Constraint{router.Int, router.Int}, "42", 42},
		{[]router.Constraint{router.NonEmpty}, "a", "a"},
		{[]router.Constraint{router.NonEmpty}, "", nil},
		{[]router.Constraint{router.NonEmpty, router.Int}, "42", 42},
		{[]router.Constraint{router.Int, router.NonEmpty}, "42", 42},
		{[]router.Constraint{router.Int, even}, "42", 42},
		{[]router.Constraint{router.Int, even}, "43", nil},
		{[]router.Constraint{even, router.Int}, "42", nil},
		{[]router.Constraint{upper, upper}, "a", "A"},
		{[]router.Constraint{upper, router.Int}, "42", 42},
		{[]router.Constraint{duration}, "90s", 90 * time.Second},
		{[]router.Constraint{duration, router.Int}, "90s", nil},
		{[]router.Constraint{silent{}}, "a", "a"},
		{[]router.Constraint{silent{}, router.Int, silent{}}, "42", 42},
		{[]router.Constraint{router.Func(time.ParseDuration)}, "90s", 90 * time.Second},
		{[]router.Constraint{router.Regexp("[a-c]+|x")}, "abc", "abc"},
		{[]router.Constraint{router.Regexp("[a-c]+|x")}, "x", "x"},
		{[]router.Constraint{router.Regexp("[a-c]+|x")}, "abcd", nil},
		{[]router.Constraint{router.Regexp("[a-c]+|x")}, "ax", nil},
		{[]router.Constraint{router.Regexp("(?m)^a$")}, "a\nb", nil},
		{[]router.Constraint{router.NonEmpty, router.Regexp("a?")}, "a", "a"},
		{[]router.Constraint{upper, router.Regexp("[A-Z]+")}, "a", "A"},
		{[]router.Constraint{router.Int, router.Regexp("[0-9]+")}, "1", nil},
		{[]router.Constraint{router.Length(1, 3)}, "äöü", "äöü"},
		{[]router.Constraint{router.Length(1, 3)}, "abcd", nil},
		{[]router.Constraint{router.Length(2, 3)}, "ü", nil},
		{[]router.Constraint{router.OneOf("red", "blue")}, "blue", "blue"},
		{[]router.Constraint{router.OneOf("red", "blue")}, "Blue", nil},
		{[]router.Constraint{router.UUID}, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
		{[]router.Constraint{router.UUID}, "F81D4FAE-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
		{[]router.Constraint{router.UUID}, "f81d4fae-7dec-11d0-a765-00a0c91e6bf", nil},
		{[]router.Constraint{router.UUID}, "f81d4fae-7dec-11d0-a765-00a0c91e6bfg", nil},
		{[]router.Constraint{router.UUID}, "f81d4fae07dec-11d0-a765-00a0c91e6bf6", nil},
		{[]router.Constraint{router.UUID}, "f81d4fae-7dec-11d0-a765-00a0c91e6b-6", nil},
		{[]router.Constraint{upper, router.UUID}, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
	} {
		d := router.MustCompile(router.Host("_", router.Path("/[:x/]end", numbered(0)).Where("x", test.constraints...)))
		m, err := d.Match("", "/"+test.text+"/end")
		value, validateErr := router.Validate(test.text, test.constraints...)
		if test.want == nil {
			assert.ErrorIs(t, err, router.ErrNoPath, "%+v", test)
			assert.Error(t, validateErr, "%+v", test)
			continue
		}
		require.NoError(t, err, "%+v", test)
		assert.Equal(t, []handler.Binding{{Name: "x", Text: test.text, Value: test.want}}, m.Route.Bindings)
		assert.NoError(t, validateErr, "%+v", test)
		assert.Equal(t, test.want, value)

		// The variant without the binding is not constrained.
		m, err = d.Match("", "/end")
		require.NoError(t, err)
		assert.Empty(t, m.Route.Bindings)
	}
}

func TestConstraintThatFailsGoesOn(t *testing.T) {
	d := router.MustCompile(
		router.Host(":n.org", router.Path("/", numbered(0))).Where("n", router.Int),
		router.Host("_",
			router.Path("/:id", numbered(0)).Where("id", router.Int),
			router.Path("/:name", numbered(1)).Where("name", router.NonEmpty),
			router.Path("/[...]", numbered(2)),
		),
	)
	assert.Equal(t, "/ n=7", match(t, d, "7.org", "/"))
	assert.Equal(t, "/[...] path()", match(t, d, "x.org", "/"))
	assert.Equal(t, "/:id id=7", match(t, d, "", "/7"))
	assert.Equal(t, "/:name name=x", match(t, d, "", "/x"))
	assert.Equal(t, "/[...] path()", match(t, d, "", "//"[:1]))
	assert.Equal(t, "/[...] path(|)", match(t, d, "", "///"))
}

func TestPathMayConstrainTheBindingOfItsHost(t *testing.T) {
	d := router.MustCompile(router.Host(":n.org",
		router.Path("/even", numbered(0)).Where("n", even),
		router.Path("_", numbered(1)).Where("n", router.Int),
	).Where("n", router.Int))
	assert.Equal(t, "/even n=4", match(t, d, "4.org", "/even"))
	assert.Equal(t, "_ n=3", match(t, d, "3.org", "/even"))
	assert.Equal(t, "400", match(t, d, "x.org", "/even"))
}

// oneWay has no Reverse: what handler.Match takes, the router takes too.
type oneWay struct{}

func (oneWay) Forward(value any) (any, error)      { return value, nil }
func (oneWay) FormatError(err error, _ any) string { return err.Error() }

func TestConstraintsOfHandlersAreThoseOfTheRouter(t *testing.T) {
	var c handler.Constraint = oneWay{}
	d := router.MustCompile(router.Host("_", router.Path("/:x", numbered(0)).Where("x", c)))
	assert.Equal(t, "/:x x=a", match(t, d, "", "/a"))
}

func TestReverse(t *testing.T) {
	for _, test := range []struct {
		constraints []router.Constraint
		value, want any
	}{
		{nil, "a", "a"},
		{[]router.Constraint{router.Int}, 42, "42"},
		{[]router.Constraint{router.Int}, "42", nil},
		{[]router.Constraint{router.NonEmpty}, "a", "a"},
		{[]router.Constraint{router.NonEmpty}, "", nil},
		{[]router.Constraint{router.NonEmpty, router.Int, even}, 42, "42"},
		{[]router.Constraint{duration}, 90 * time.Second, "1m30s"},
		{[]router.Constraint{duration}, 90, nil},
		{[]router.Constraint{hex}, uint64(255), "ff"},
		{[]router.Constraint{router.Funcs[int, string]{To: nil}}, "a", nil},
		{[]router.Constraint{silent{}}, "a", "a"},
		{[]router.Constraint{router.OneOf("a")}, "a", "a"},
		{[]router.Constraint{router.OneOf("a")}, "b", nil},
		{[]router.Constraint{router.UUID}, "x", nil},
		{[]router.Constraint{oneWay{}}, "a", nil},
	} {
		got, err := router.Reverse(test.value, test.constraints...)
		assert.Equal(t, test.want, got, "%+v", test)
		assert.Equal(t, test.want == nil, err != nil, "%+v", test)
	}
}

func TestConstraintErrorsSayWhy(t *testing.T) {
	for _, test := range []struct {
		constraint router.Constraint
		value      any
		text       string
	}{
		{router.Int, "abc", `the value "abc" is not an integer`},
		{router.Int, 1.5, `the value "1.5" is not an integer`},
		{router.NonEmpty, "", "the value may not be empty"},
		{even, 3, "the number is odd"},
		{duration, "x", `time: invalid duration "x"`},
		{duration, 3, "the value 3 is a int, not a string"},
		{router.Regexp("[a-z]+"), "A", `the value "A" is not allowed; allowed: a match of [a-z]+`},
		{router.Length(1, 40), "", `the value "" is not allowed; allowed: 1 to 40 characters`},
		{router.OneOf("a", "b"), "c", `the value "c" is not allowed; allowed: a, b`},
		{router.OneOf("a", "b"), 1, "the value 1 is a int, not a string"},
		{router.UUID, "c", `the value "c" is not a UUID`},
	} {
		_, err := router.Validate(test.value, test.constraint)
		var refused *router.ConstraintError
		require.ErrorAs(t, err, &refused)
		assert.EqualError(t, err, test.text)
		assert.Equal(t, test.value, refused.Value)
	}
	_, err := router.Validate(3, even)
	assert.ErrorIs(t, err, errOdd)
	_, err = router.Reverse("", router.NonEmpty)
	assert.EqualError(t, err, "the value may not be empty")
}

package handler_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseQS(t *testing.T) {
	type pairs = handler.Pairs
	bare := func(name string) handler.Pair { return handler.Pair{Name: name, Bare: true} }
	pair := func(name, value string) handler.Pair { return handler.Pair{Name: name, Value: value} }
	for _, test := range []struct {
		qs   string
		want pairs // nil is for an error
	}{
		{"", pairs{}},
		{"&", pairs{}},
		{"a", pairs{bare("a")}},
		{"&a&&b&", pairs{bare("a"), bare("b")}},
		{"a=", pairs{pair("a", "")}},
		{"a=b&c&d=e", pairs{pair("a", "b"), bare("c"), pair("d", "e")}},
		{"a=b=c", pairs{pair("a", "b=c")}},
		{"+a+=%20b%26", pairs{pair(" a ", " b&")}},
		{"x=1&x=2", pairs{pair("x", "1"), pair("x", "2")}},
		{"a;b=c", pairs{pair("a;b", "c")}},
		{"%C3%A9=%e2%82%ac", pairs{pair("é", "€")}},
		{"=", nil},
		{"=b", nil},
		{"a=%", nil},
		{"a=%4", nil},
		{"a=%zz", nil},
		{"%=a", nil},
	} {
		got, err := handler.ParseQS(test.qs, 0)
		if test.want == nil {
			assert.Equal(t, 400, handler.StatusOf(err), test.qs)
			continue
		}
		require.NoError(t, err, test.qs)
		assert.Equal(t, test.want, append(pairs{}, got...), test.qs)
	}
}

func TestParseQSMaxKeys(t *testing.T) {
	hundred := strings.TrimSuffix(strings.Repeat("a=b&", 100), "&")
	pairs, err := handler.ParseQS(hundred, 0)
	require.NoError(t, err)
	assert.Len(t, pairs, 100)
	_, err = handler.ParseQS(hundred+"&c", 0)
	assert.EqualError(t, err, "handler: more than 100 keys in urlencoded text")
	assert.Equal(t, 400, handler.StatusOf(err))
	_, err = handler.ParseQS("a&b&c", 2)
	assert.Error(t, err)
}

func TestPairsGet(t *testing.T) {
	req, _ := newRequest("/?x=1&x=2&y")
	pairs, err := req.ParseQS()
	require.NoError(t, err)
	value, ok := pairs.Get("x")
	assert.True(t, ok)
	assert.Equal(t, "1", value)
	_, ok = pairs.Get("z")
	assert.False(t, ok)
}

// small takes numbers below ten.
type small struct{}

func (small) Forward(value any) (any, error) {
	text, ok := value.(string)
	if ok && len(text) == 1 && text[0] >= '0' && text[0] <= '9' {
		return int(text[0] - '0'), nil
	}
	return nil, errors.New("not small")
}

func (small) FormatError(err error, value any) string { return fmt.Sprintf("%v is %v", value, err) }

// even takes even ints.
type even struct{}

func (even) Forward(value any) (any, error) {
	if n, ok := value.(int); ok && n%2 == 0 {
		return n, nil
	}
	return nil, errors.New("not even")
}

func (even) FormatError(err error, value any) string { return fmt.Sprintf("%v is %v", value, err) }

// nonEmpty refuses "" and leaves the rest as it is.
type nonEmpty struct{}

func (nonEmpty) Forward(value any) (any, error) {
	if value == "" {
		return nil, errors.New("empty")
	}
	return nil, nil
}

func (nonEmpty) FormatError(err error, _ any) string { return err.Error() }

func TestMatch(t *testing.T) {
	isSmall := []handler.Constraint{small{}}
	for _, test := range []struct {
		name  string
		qs    string
		field handler.Match
		want  any    // nil is for no value
		err   string // the reason, where it fails
	}{
		{"text", "x=1", handler.Match{Name: "x"}, "1", ""},
		{"bare", "x", handler.Match{Name: "x"}, true, ""},
		{"missing", "y=1", handler.Match{Name: "x"}, nil, "required"},
		{"missing with a constraint", "", handler.Match{Name: "x", Constraints: isSmall}, nil, "required"},
		{"default", "", handler.Match{Name: "x", Constraints: isSmall, Default: 100}, 100, ""},
		{"optional", "", handler.Match{Name: "x", Optional: true}, nil, ""},
		{"converted", "x=7", handler.Match{Name: "x", Constraints: isSmall}, 7, ""},
		{"converted, not the default", "x=7", handler.Match{Name: "x", Constraints: isSmall, Default: 1}, 7, ""},
		{"refused", "x=77", handler.Match{Name: "x", Constraints: isSmall, Default: 1}, nil, "77 is not small"},
		{"chain", "x=4", handler.Match{Name: "x", Constraints: []handler.Constraint{small{}, even{}}}, 4, ""},
		{"chain refused late", "x=3", handler.Match{Name: "x", Constraints: []handler.Constraint{small{}, even{}}}, nil, "3 is not even"},
		{"duplicates", "x=a&y=b&x=c", handler.Match{Name: "x"}, []string{"a", "c"}, ""},
		{"duplicates, one of them bare", "x&y&x=a", handler.Match{Name: "x"}, []any{true, "a"}, ""},
		{"duplicates, one of them empty", "x=&x=a", handler.Match{Name: "x"}, []string{"", "a"}, ""},
		{"duplicates, all of them bare", "x&x", handler.Match{Name: "x"}, []any{true, true}, ""},
		{"duplicates converted", "x=1&x=2", handler.Match{Name: "x", Constraints: isSmall}, []any{1, 2}, ""},
		{"duplicates refused", "x=1&x=22", handler.Match{Name: "x", Constraints: isSmall}, nil, "22 is not small"},
		{"left as it is", "x=4", handler.Match{Name: "x", Constraints: []handler.Constraint{nonEmpty{}, small{}}}, 4, ""},
		{"left text", "x=a", handler.Match{Name: "x", Constraints: []handler.Constraint{nonEmpty{}}}, "a", ""},
		{"empty refused", "x=", handler.Match{Name: "x", Constraints: []handler.Constraint{nonEmpty{}}}, nil, "empty"},
		{"bare refused", "x", handler.Match{Name: "x", Constraints: isSmall}, nil, " is not small"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req, _ := newRequest("/?" + test.qs)
			matches, err := req.MatchQS(test.field)
			if test.err != "" {
				var failed *handler.MatchError
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, 400, handler.StatusOf(err))
				assert.Equal(t, map[string]string{"x": test.err}, failed.Reasons)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, matches["x"])
		})
	}
}

func TestMatchReportsEveryField(t *testing.T) {
	req, _ := newRequest("/?b=22")
	_, err := req.MatchQS(handler.Match{Name: "b", Constraints: []handler.Constraint{small{}}}, handler.Match{Name: "a"})
	assert.EqualError(t, err, "handler: fields did not match: a: required; b: 22 is not small")
	req, _ = newRequest("/?b=%")
	req.HTTP().URL.RawQuery = "b=%"
	_, err = req.MatchQS()
	assert.Equal(t, 400, handler.StatusOf(err), "a malformed query string")
}

func ExampleRequest_MatchQS() {
	req, _ := newRequest("/users?page=2&tag=a&tag=b")
	matches, err := req.MatchQS(
		handler.Match{Name: "page", Constraints: []handler.Constraint{small{}}, Default: 1},
		handler.Match{Name: "tag"},
		handler.Match{Name: "size", Constraints: []handler.Constraint{small{}}, Default: 5},
	)
	page, _ := handler.MatchedAs[int](matches, "page")
	fmt.Println(page, matches["tag"], matches["size"], err)
	// Output: 2 [a b] 5 <nil>
}

func FuzzParseQS(f *testing.F) {
	f.Add("a=b&c&d=%20")
	f.Add("=&%")
	f.Fuzz(func(t *testing.T, qs string) {
		pairs, err := handler.ParseQS(qs, 0)
		if err != nil {
			require.Equal(t, 400, handler.StatusOf(err))
			return
		}
		require.LessOrEqual(t, len(pairs), 100)
	})
}

var errTooSmall = errors.New("too small")

// table refuses everything, and tells more than it should.
type table struct{}

func (table) Forward(any) (any, error) { return nil, errTooSmall }

func (table) FormatError(err error, value any) string {
	return fmt.Sprintf("%v is %v for table 5", value, err)
}

// The errors of the constraints are kept beside their words, which may tell
// more than a client should know.
func TestMatchKeepsReasons(t *testing.T) {
	_, err := handler.Pairs{{Name: "size", Value: "7"}}.Match(
		handler.Match{Name: "size", Constraints: []handler.Constraint{table{}}}, handler.Match{Name: "hat"})
	assert.ErrorIs(t, err, errTooSmall)
	assert.ErrorIs(t, err, handler.ErrRequired)
	assert.EqualError(t, err, "handler: fields did not match: hat: required; size: 7 is too small for table 5")
	assert.Equal(t, "hat: required; size: invalid", handler.PublicOf(err))
	var failed *handler.MatchError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, map[string]string{"hat": "required", "size": "7 is too small for table 5"}, failed.Reasons)
	assert.Equal(t, map[string]error{"hat": handler.ErrRequired, "size": errTooSmall}, failed.Errors)
}

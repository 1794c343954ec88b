package httpgrammar_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

func token(s *httpgrammar.Scanner) (string, bool) {
	token := s.Token()
	return token, token != ""
}

// RFC 9110, section 5.6.1.2, has "foo ,bar," and "foo , ,bar,charlie".
func TestList(t *testing.T) {
	for value, want := range map[string][]string{
		"":                   {},
		" ,\t, ":             {},
		"foo ,bar,":          {"foo", "bar"},
		"foo , ,bar,charlie": {"foo", "bar", "charlie"},
		"foo bar":            nil,
		"foo,/":              nil,
	} {
		items, ok := httpgrammar.List(value, token)
		assert.Equal(t, want, items, value)
		assert.Equal(t, want != nil, ok, value)
		_, ok = httpgrammar.NonEmptyList(value, token)
		assert.Equal(t, len(want) > 0, ok, value)
	}
}

func TestListIsBounded(t *testing.T) {
	items, ok := httpgrammar.List(strings.Repeat("a,", httpgrammar.MaxItems), token)
	assert.True(t, ok)
	assert.Len(t, items, httpgrammar.MaxItems)
	_, ok = httpgrammar.List(strings.Repeat("a,", httpgrammar.MaxItems)+"a", token)
	assert.False(t, ok)
}

func TestElements(t *testing.T) {
	assert.Empty(t, slices.Collect(httpgrammar.Elements(nil)))
	assert.Equal(t, []string{"a", "", "b c", "", "d"}, slices.Collect(httpgrammar.Elements([]string{"a,, b c\t,", " d"})))
	for element := range httpgrammar.Elements([]string{"a,b", "c"}) {
		assert.Equal(t, "a", element)
		break
	}
	assert.True(t, httpgrammar.HasElement([]string{"keep-alive", "x, UPGRADE"}, "upgrade"))
	assert.False(t, httpgrammar.HasElement([]string{"keep-alive, upgraded", ""}, "upgrade"))
}

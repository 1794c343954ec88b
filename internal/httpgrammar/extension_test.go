package httpgrammar_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// RFC 6455, section 9.1.
func TestExtensions(t *testing.T) {
	type params = []httpgrammar.Param
	for _, test := range []struct {
		lines []string
		want  []httpgrammar.Extension
	}{
		{nil, nil},
		{[]string{"foo"}, []httpgrammar.Extension{{Name: "foo"}}},
		{[]string{" ,foo ,, Bar\t;Baz = 2 ,"}, []httpgrammar.Extension{{Name: "foo"}, {Name: "Bar", Params: params{{"Baz", "2", true}}}}},
		{[]string{`foo; a; b="c"`, "", "foo"}, []httpgrammar.Extension{{Name: "foo", Params: params{{"a", "", false}, {"b", "c", true}}}, {Name: "foo"}}},
		{[]string{`foo; a="\b\c"`}, []httpgrammar.Extension{{Name: "foo", Params: params{{"a", "bc", true}}}}},
	} {
		all, err := httpgrammar.Extensions(test.lines)
		require.Nil(t, err, test.lines)
		assert.Equal(t, test.want, all, test.lines)
	}
}

func TestMalformedExtensions(t *testing.T) {
	const name, param, value, quoted, end = "an extension's name", "a parameter's name", "a parameter's value", "a token in quotes", "a comma or a semicolon"
	for _, test := range []struct {
		line   string
		offset int
		want   string
	}{
		{"", 0, "an extension"},
		{" , ", 3, "an extension"},
		{";a", 0, name},
		{"foo, /", 5, name},
		{"foo;", 4, param},
		{"foo; ,", 5, param},
		{"foo bar", 4, end},
		{"foo; a b", 7, end},
		{"foo; a=b=c", 8, end},
		{`foo; a="b"c`, 10, end},
		{"foo; a=", 7, value},
		{"foo; a= ;", 8, value},
		{`foo; a="`, 8, quoted},
		{`foo; a=""`, 9, quoted},
		{`foo; a="b`, 9, quoted},
		{`foo; a="b\`, 10, quoted},
		{`foo; a="b c"`, 9, quoted},
		{`foo; a="b\""`, 10, quoted},
	} {
		all, err := httpgrammar.Extensions([]string{test.line, "later;"})
		assert.Nil(t, all, test.line)
		if test.want == "an extension" {
			_, err = httpgrammar.Extensions([]string{test.line})
		}
		assert.Equal(t, &httpgrammar.SyntaxError{Value: test.line, Offset: test.offset, Want: test.want}, err, test.line)
	}
}

// FuzzExtensions: an error is inside its line, whatever passes is tokens, and
// what is written of it parses to the same.
func FuzzExtensions(f *testing.F) {
	f.Add(`foo; a="b\c", bar;baz = 2`, ",")
	f.Add("foo;", `x; y="`)
	f.Fuzz(func(t *testing.T, first, second string) {
		all, err := httpgrammar.Extensions([]string{first, second})
		if err != nil {
			require.Nil(t, all)
			require.Contains(t, []string{first, second}, err.Value)
			require.True(t, err.Offset >= 0 && err.Offset <= len(err.Value))
			return
		}
		var written string
		for _, e := range all {
			require.True(t, httpgrammar.IsToken(e.Name))
			written += "," + e.Name
			for _, p := range e.Params {
				require.True(t, httpgrammar.IsToken(p.Name))
				require.Equal(t, p.HasValue, httpgrammar.IsToken(p.Value))
				written += ";" + p.Name
				if p.HasValue {
					written += "=" + p.Value
				}
			}
		}
		again, err := httpgrammar.Extensions([]string{written})
		require.Nil(t, err)
		require.Equal(t, all, again)
	})
}

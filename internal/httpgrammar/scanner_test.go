package httpgrammar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

func TestScanner(t *testing.T) {
	s := httpgrammar.NewScanner("Foo \t;W/q=12 ")
	assert.Equal(t, "foo", s.LowerToken())
	assert.False(t, s.Skip(';'))
	assert.True(t, s.SkipSpaced(';'))
	assert.False(t, s.SkipPrefix("W/Q"))
	assert.True(t, s.SkipPrefix("W/"))
	assert.True(t, s.NextIs('q'))
	assert.Equal(t, "q", s.Token())
	assert.Empty(t, s.Token())
	assert.Equal(t, "=12 ", s.Rest())
	assert.True(t, s.Skip('='))
	n, ok := s.Number()
	assert.True(t, ok)
	assert.Equal(t, int64(12), n)
	assert.Equal(t, 12, s.Offset())
	assert.False(t, s.Done())
	assert.True(t, s.End())
	assert.True(t, s.Done())
	assert.False(t, s.NextIs('x'))
	_, ok = s.Number()
	assert.False(t, ok)
}

// RFC 9110, section 5.6.4.
func TestQuoted(t *testing.T) {
	for value, want := range map[string]string{
		`""`:           "",
		`"a b"`:        "a b",
		"\"a\tb\"":     "a\tb",
		`"a,;="`:       "a,;=",
		`"\"\\\a"`:     `"\a`,
		"\"\xe4\xff\"": "\xe4\xff", // obs-text
		"\"a\\\tb\"":   "a\tb",
	} {
		s := httpgrammar.NewScanner(value + "x")
		text, ok := s.TokenOrQuoted()
		require.True(t, ok, value)
		assert.Equal(t, want, text)
		assert.Equal(t, "x", s.Rest())
	}
	for value, offset := range map[string]int{
		``:           0,
		`a`:          0,
		`"`:          1,
		`"a`:         2,
		`"a\"`:       4,
		`"a\`:        3,
		"\"a\x00\"":  2,
		"\"a\x7f\"":  2,
		"\"\\\r\"":   2,
		"\"a\nb\" c": 2,
	} {
		s := httpgrammar.NewScanner(value)
		_, ok := s.Quoted()
		assert.False(t, ok, "%q", value)
		assert.Equal(t, offset, s.Offset(), "%q", value)
	}
}

// RFC 9110, section 12.4.2.
func TestWeight(t *testing.T) {
	for value, want := range map[string]int{
		"0": 0, "0.": 0, "0.0": 0, "0.000": 0, "0.001": 1, "0.25": 250, "0.5": 500, "0.999": 999, "1": 1000, "1.": 1000, "1.000": 1000,
	} {
		s := httpgrammar.NewScanner(value)
		weight, ok := s.Weight()
		assert.True(t, ok && s.Done(), value)
		assert.Equal(t, want, weight, value)
	}
	for _, value := range []string{"", ".", "-1", "2", "00", "01", "10", "1.001", "1.1", "0.0001", "q", "0..5"} {
		for _, weight := range []func(*httpgrammar.Scanner) (int, bool){(*httpgrammar.Scanner).Weight, (*httpgrammar.Scanner).LooseWeight} {
			s := httpgrammar.NewScanner(value)
			thousandths, ok := weight(&s)
			assert.False(t, ok && s.Done(), value)
			assert.LessOrEqual(t, thousandths, 1000)
		}
	}
	s := httpgrammar.NewScanner(".5")
	_, ok := s.Weight()
	assert.False(t, ok)
	weight, ok := s.LooseWeight()
	assert.True(t, ok)
	assert.Equal(t, 500, weight)
}

func TestNoAllocations(t *testing.T) {
	lines := []string{"keep-alive, \t upgrade", "foo"}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		s := httpgrammar.NewScanner(`text/html; a="b c"; q=0.5`)
		_, _ = s.LowerToken(), s.Skip('/')
		_, _ = s.Token(), s.SkipSpaced(';')
		s.Space()
		_, _ = s.Token(), s.Skip('=')
		if text, ok := s.TokenOrQuoted(); !ok || text != "b c" {
			t.Fail()
		}
		if !s.SkipSpaced(';') || s.End() || !s.SkipPrefix("q=") {
			t.Fail()
		}
		if weight, ok := s.Weight(); !ok || weight != 500 {
			t.Fail()
		}
		if !httpgrammar.HasElement(lines, "Upgrade") || !httpgrammar.IsToken("upgrade") {
			t.Fail()
		}
		for element := range httpgrammar.Elements(lines) {
			if element == "" {
				t.Fail()
			}
		}
	}))
}

// FuzzScanner: whatever the value, the scanner stays inside it and what it
// takes is what it says, and a text that is quoted comes back.
func FuzzScanner(f *testing.F) {
	f.Add(`text/html; a="b\"c";q=0.5`)
	f.Add(" \t.5")
	f.Fuzz(func(t *testing.T, value string) {
		for s := httpgrammar.NewScanner(value); !s.End(); {
			from := s.Offset()
			token := s.Token()
			require.Equal(t, value[from:s.Offset()], token)
			require.Equal(t, token != "", httpgrammar.IsToken(token))
			loose := s
			strict, ok := s.Weight()
			again, looseOK := loose.LooseWeight()
			if ok {
				require.Equal(t, strict, again)
				require.True(t, looseOK)
			}
			require.True(t, strict >= 0 && strict <= 1000 && again >= 0 && again <= 1000)
			if _, ok := s.Quoted(); !ok && s.Offset() == from && !s.Done() {
				require.True(t, s.Skip(value[from]))
			}
			require.Equal(t, value, value[:s.Offset()]+s.Rest())
		}
		if strings.IndexFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) < 0 {
			s := httpgrammar.NewScanner(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`)
			text, ok := s.Quoted()
			require.True(t, ok && s.Done())
			require.Equal(t, value, text)
		}
	})
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// good makes a full set of the cases of a family, numbered 1 to n, all of them OK.
func good(family string, n int) map[string]outcome {
	cases := make(map[string]outcome)
	for i := range n {
		cases[fmt.Sprintf("%s.%d", family, i+1)] = outcome{Behavior: "OK", BehaviorClose: "OK"}
	}
	return cases
}

func TestFamiliesHave517Cases(t *testing.T) {
	sum := 0
	for _, f := range families {
		sum += f.cases
	}
	assert.Equal(t, 517, sum)
}

func TestOutcomePassed(t *testing.T) {
	for _, c := range []struct {
		id, behavior, closing string
		want                  bool
	}{
		{"1.1.1", "OK", "OK", true},
		{"7.1.6", "INFORMATIONAL", "INFORMATIONAL", true},
		{"7.13.2", "INFORMATIONAL", "OK", true},
		{"7.1.5", "INFORMATIONAL", "INFORMATIONAL", false},
		{"7.1.5", "OK", "INFORMATIONAL", false},
		{"6.4.1", "NON-STRICT", "OK", false},
		{"13.1.1", "UNIMPLEMENTED", "OK", false},
		{"2.1", "FAILED", "OK", false},
		{"2.1", "OK", "UNCLEAN", false},
		{"2.1", "OK", "WRONG CODE", false},
		{"2.1", "", "", false},
	} {
		o := outcome{Behavior: c.behavior, BehaviorClose: c.closing}
		assert.Equal(t, c.want, o.passed(c.id), "%s %q %q", c.id, c.behavior, c.closing)
	}
}

func TestJudge(t *testing.T) {
	t.Run("all there", func(t *testing.T) {
		v := judge([]string{"2"}, good("2", 11))
		assert.Equal(t, 11, v.passed())
		assert.Zero(t, v.failed())
	})
	t.Run("one missing", func(t *testing.T) {
		v := judge([]string{"2"}, good("2", 10))
		assert.Equal(t, 10, v.passed())
		assert.Equal(t, 1, v.failed())
	})
	t.Run("one too many", func(t *testing.T) {
		assert.Equal(t, 1, judge([]string{"2"}, good("2", 12)).failed())
	})
	t.Run("a family missing", func(t *testing.T) {
		assert.Equal(t, 7, judge([]string{"2", "3"}, good("2", 11)).failed())
	})
	t.Run("a family not asked for", func(t *testing.T) {
		v := judge([]string{"3"}, good("2", 11))
		assert.Equal(t, 7+11, v.failed())
		assert.Equal(t, []string{"2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11"}, v.strange)
	})
	t.Run("one bad", func(t *testing.T) {
		cases := good("2", 11)
		cases["2.10"] = outcome{Behavior: "OK", BehaviorClose: "UNCLEAN", detail: detail{Result: "No\nend.<br>"}}
		v := judge([]string{"2"}, cases)
		assert.Equal(t, 10, v.passed())
		assert.Equal(t, 1, v.failed())

		var out bytes.Buffer
		v.print(&out)
		assert.Contains(t, out.String(), "\n2.10: OK, closing UNCLEAN\n    No end.\n")
		assert.True(t, strings.HasSuffix(out.String(), "\nautobahn: 10 passed, 1 failed\n"), out.String())
	})
}

func TestReadAll(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	type m = map[string]any
	a := write("a.json", m{"cowhand": m{
		"2.1": m{"behavior": "OK", "behaviorClose": "OK", "reportfile": "none.json"},
		"2.2": m{"behavior": "FAILED", "behaviorClose": "OK", "reportfile": "bad.json"},
	}})
	b := write("b.json", m{"cowhand": m{"3.1": m{"behavior": "OK", "behaviorClose": "OK"}}})
	write("bad.json", m{"description": "Send a ping.", "result": "No pong.", "resultClose": "Clean."})

	cases, err := readAll([]string{a, b})
	require.NoError(t, err)
	require.Len(t, cases, 3)
	assert.Equal(t, "OK", cases["3.1"].Behavior)
	assert.Equal(t, detail{"Send a ping.", "No pong.", "Clean."}, cases["2.2"].detail)

	_, err = readAll([]string{a, a})
	assert.ErrorContains(t, err, "was in an earlier report")
	_, err = readAll([]string{write("none.json", m{})})
	assert.ErrorContains(t, err, "no case was run")
	_, err = readAll([]string{write("two.json", m{"x": m{}, "y": m{}})})
	assert.ErrorContains(t, err, "reports of 2 servers, want 1")
	_, err = readAll([]string{filepath.Join(dir, "absent.json")})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

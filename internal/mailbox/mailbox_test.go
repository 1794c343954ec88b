package mailbox

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func takeAll(m *Mailbox) (all []any) {
	for info, ok := m.Take(); ok; info, ok = m.Take() {
		all = append(all, info)
	}
	return all
}

func TestOrderIsKeptThroughGrowthAndShrinking(t *testing.T) {
	var m Mailbox
	next, want := 0, 0
	for round := range 50 {
		for range 7 * (1 + round%5) {
			assert.Equal(t, Accepted, m.Put(next))
			next++
		}
		for range 5 * (1 + round%5) {
			info, ok := m.Take()
			assert.True(t, ok)
			assert.Equal(t, want, info)
			want++
		}
	}
	for _, info := range takeAll(&m) {
		assert.Equal(t, want, info)
		want++
	}
	assert.Equal(t, next, want)
	assert.Nil(t, m.queue, "an empty mailbox keeps nothing")
}

func TestPolicies(t *testing.T) {
	for _, test := range []struct {
		policy Policy
		result Result
		left   []any
	}{
		{Refuse, Full, []any{1, 2, 3}},
		{DropOldest, Accepted, []any{2, 3, 4}},
		{Overflow, Overflowed, []any{1, 2, 3}},
	} {
		m := Mailbox{Policy: test.policy, Limit: 3}
		for i := range 3 {
			assert.Equal(t, Accepted, m.Put(i+1))
		}
		assert.Equal(t, test.result, m.Put(4))
		assert.Equal(t, test.left, takeAll(&m))
	}
}

func TestCloseRefusesAndForgets(t *testing.T) {
	var m Mailbox
	m.Put(1)
	m.Close()
	assert.Equal(t, Closed, m.Put(2))
	assert.Empty(t, takeAll(&m))
}

func TestPutTimedPassesTheLimit(t *testing.T) {
	m := Mailbox{Limit: 1}
	assert.True(t, m.PutTimed(1))
	assert.True(t, m.PutTimed(2))
	assert.Equal(t, Full, m.Put(3))
	m.Lose(2)
	assert.EqualValues(t, 3, m.Lost())
	assert.Equal(t, []any{1, 2}, takeAll(&m))
	m.Close()
	assert.False(t, m.PutTimed(4))
}

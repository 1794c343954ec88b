package listener_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/listener"
)

// TestFullListenerWarns fills a listener twice within a minute.
func TestFullListenerWarns(t *testing.T) {
	var l logs
	options := say("hi")
	options.Logger = l.logger()
	full := startClear(t, one(2), options)
	first := dial(t, full)
	first.get("hi")
	assert.Empty(t, l.String())
	dial(t, full).get("hi")
	text := l.String()
	assert.Equal(t, 1, strings.Count(text, "level=WARN"), text)
	for _, part := range []string{"MaxConnections is reached", "max=2", "active=2", "all=2", "accepted=2", "ended=0"} {
		assert.Contains(t, text, part)
	}

	require.NoError(t, full.SetMaxConnections(3))
	dial(t, full).get("hi")
	assert.Equal(t, text, l.String(), "once a minute")

	require.NoError(t, full.SetMaxConnections(listener.Unlimited))
	dial(t, full).get("hi")
	assert.Equal(t, text, l.String())
}

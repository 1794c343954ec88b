package handlertest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
)

// TestOutputAfterClose: a handler that is left behind may log when its test is
// over, where t.Output panics.
func TestOutputAfterClose(t *testing.T) {
	var b bytes.Buffer
	var req *handler.Request
	c := New(nil, handler.Func(func(r *handler.Request) (*handler.Upgrade, error) {
		req = r
		return nil, r.ReplyStatus(200)
	}))
	c.log.w = &b
	c.Get("/")
	req.Env().Logger.Error("in time")
	assert.Contains(t, b.String(), "in time")
	c.Close()
	req.Env().Logger.Error("late")
	assert.NotContains(t, b.String(), "late")
}

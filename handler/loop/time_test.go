package loop_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
)

// newRequest is a request without a server.
func newRequest(t *testing.T) (*handler.Request, *httptest.ResponseRecorder) {
	recorder := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	return handler.NewRequest(recorder, r, handler.Env{}), recorder
}

// TestTimeout: when an info comes, and when Timeout, in seconds since the
// beginning. Others send the infos "hat", "boot" and "end" after 5, 12 and 100
// seconds.
func TestTimeout(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		options loop.Options
		init    loop.Result
		info    func(n int) loop.Result // for the n-th info or timeout
		log     []string
	}{
		"none by default":           {log: []string{"5 hat", "12 boot", "100 end"}},
		"from the options":          {options: loop.Options{Timeout: 40 * second}, log: []string{"5 hat", "12 boot", "52 timeout", "92 timeout", "100 end"}},
		"from Init":                 {init: loop.Wait(40 * second), log: []string{"5 hat", "12 boot", "52 timeout", "92 timeout", "100 end"}},
		"Init before the options":   {options: loop.Options{Timeout: second}, init: loop.Wait(loop.Infinity), log: []string{"5 hat", "12 boot", "100 end"}},
		"restarts with each info":   {init: loop.Wait(8 * second), info: only(2, loop.Wait(50*second)), log: []string{"5 hat", "12 boot", "62 timeout", "100 end"}},
		"changed by a callback":     {init: loop.Wait(4 * second), info: only(1, loop.Wait(95*second)), log: []string{"4 timeout", "5 hat", "12 boot", "100 end"}},
		"ended by hibernate":        {init: loop.Wait(4 * second), info: only(1, loop.Hibernate), log: []string{"4 timeout", "5 hat", "12 boot", "100 end"}},
		"no limit":                  {options: loop.Options{Timeout: loop.NoLimit}, log: []string{"5 hat", "12 boot", "100 end"}},
		"ended by infinity":         {init: loop.Wait(4 * second), info: only(1, loop.Wait(loop.Infinity)), log: []string{"4 timeout", "5 hat", "12 boot", "100 end"}},
		"zero, with nothing to do":  {info: only(1, loop.Wait(0), loop.Hibernate), log: []string{"5 hat", "5 timeout", "12 boot", "100 end"}},
		"negative is zero":          {info: only(1, loop.Wait(-second), loop.Hibernate), log: []string{"5 hat", "5 timeout", "12 boot", "100 end"}},
		"hibernate from the outset": {options: loop.Options{Timeout: second}, init: loop.Hibernate, log: []string{"5 hat", "12 boot", "100 end"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, n := time.Now(), 0
				var log []string
				c := &callbacks{
					init: func(l *loop.Loop, _ *handler.Request) (loop.Result, error) {
						l.NotifyAfter(5*second, "hat")
						l.NotifyAfter(12*second, "boot")
						l.NotifyAfter(100*second, "end")
						return test.init, nil
					},
					info: func(_ *loop.Loop, _ *handler.Request, info any) (loop.Result, error) {
						if info == (loop.Timeout{}) {
							info = "timeout"
						}
						log = append(log, fmt.Sprintf("%v %v", time.Since(begin).Seconds(), info))
						if n++; info == "end" || n > 20 {
							return loop.Stop, nil
						}
						if test.info == nil {
							return loop.OK, nil
						}
						return test.info(n), nil
					},
				}
				c.prepare()
				req, _ := newRequest(t)
				require.NoError(t, loop.Upgrade(c, test.options).Protocol.Upgrade(req, req.Env()))
				assert.Equal(t, test.log, log)
			})
		})
	}
}

// only returns results from the n-th call on, and OK before and after.
func only(n int, results ...loop.Result) func(int) loop.Result {
	return func(call int) loop.Result {
		if i := call - n; i >= 0 && i < len(results) {
			return results[i]
		}
		return loop.OK
	}
}

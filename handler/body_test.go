package handler_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unsized hides the length of a body, so that it goes out without one.
type unsized struct{ io.Reader }

func TestReadBody(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		before := fmt.Sprint(req.HasBody(), " ", req.BodyLength())
		data, more, err := req.ReadBody(handler.BodyOptions{})
		if err != nil {
			return err
		}
		again, more2, err := req.ReadBody(handler.BodyOptions{})
		return req.ReplyText(200, fmt.Sprintf("%s %q %v %d %q %v %v", before, data, more, req.BodyLength(), again, more2, err))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		_, body := c.Do(t, "POST", "/", "hello")
		assert.Equal(t, `true 5 "hello" false 5 "" false <nil>`, body)
		_, body = c.Do(t, "GET", "/", "")
		assert.Equal(t, `false 0 "" false 0 "" false <nil>`, body)
		resp, err := c.Post(c.URL, "text/plain", unsized{strings.NewReader("hello")})
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, `true -1 "hello" false 5 "" false <nil>`, string(text))
	})
}

func TestReadBodyInPieces(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		var sizes []int
		var whole []byte
		for more := true; more; {
			var data []byte
			var err error
			if data, more, err = req.ReadBody(handler.BodyOptions{Length: 40_000}); err != nil {
				return err
			}
			sizes, whole = append(sizes, len(data)), append(whole, data...)
		}
		return req.Reply(200, handler.Headers{"X-Sizes": fmt.Sprint(sizes)}, whole)
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for length, sizes := range map[int]string{
			40_000:  "[40000]",
			40_001:  "[40000 1]",
			100_000: "[40000 40000 20000]",
		} {
			sent := strings.Repeat("0123456789", length/10+1)[:length]
			resp, body := c.Do(t, "POST", "/", sent)
			assert.Equal(t, sizes, resp.Header.Get("X-Sizes"))
			assert.Equal(t, sent, body)
		}
	})
}

// A client that stalls: the period ends the call, the next one goes on.
func TestReadBodyPeriod(t *testing.T) {
	stalled := make(chan struct{}, 1)
	h := respond(func(req *handler.Request) error {
		var whole []byte
		calls := 0
		for more := true; more; calls++ {
			var data []byte
			var err error
			if data, more, err = req.ReadBody(handler.BodyOptions{Period: 20 * time.Millisecond}); err != nil {
				return err
			}
			whole = append(whole, data...)
			if more && len(stalled) == 0 {
				stalled <- struct{}{}
			}
		}
		return req.ReplyText(200, fmt.Sprintf("%s %v", whole, calls > 1))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		r, w := io.Pipe()
		go func() {
			_, _ = io.WriteString(w, "first, ")
			<-stalled
			_, _ = io.WriteString(w, "second")
			_ = w.Close()
		}()
		resp, err := c.Post(c.URL, "text/plain", r)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, "first, second true", string(text))
		for len(stalled) > 0 {
			<-stalled
		}
	})
}

// A handler that gives up on a stalled client answers at once, and leaves no
// goroutine behind although the client never sends the rest.
func TestStalledBodyHoldsNobodyUp(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		_, err := req.ReadURLEncodedBody(handler.BodyOptions{Period: 20 * time.Millisecond})
		return err
	})
	c := servetest.Start(t, h, false)
	conn, err := net.Dial("tcp", c.Addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na=b")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn) // to the end: the server closes the connection
	require.NoError(t, err)
	assert.Contains(t, string(answer), "HTTP/1.1 408 Request Timeout")
	assert.Eventually(t, func() bool {
		stacks := make([]byte, 1<<20)
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "(*filler).fill")
	}, 5*time.Second, 5*time.Millisecond)
}

func TestReadURLEncodedBody(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		pairs, err := req.ReadURLEncodedBody(handler.BodyOptions{})
		if err != nil {
			return err
		}
		return req.ReplyText(200, fmt.Sprint(pairs))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for _, test := range []struct {
			body   string
			status int
			answer string
		}{
			{"a=b&c=%20", 200, "[{a b false} {c   false}]"},
			{"", 200, "[]"},
			{"a=" + strings.Repeat("x", 64_000-2), 200, ""},
			{"a=" + strings.Repeat("x", 64_000-1), 413, ""},
			{"a=%", 400, ""},
			{strings.Repeat("a&", 101), 400, ""},
		} {
			resp, answer := c.Do(t, "POST", "/", test.body)
			assert.Equal(t, test.status, resp.StatusCode, "%.20s", test.body)
			if test.answer != "" {
				assert.Equal(t, test.answer, answer)
			}
		}
	})
}

func TestReadAndMatchURLEncodedBody(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		matches, err := req.ReadAndMatchURLEncodedBody(handler.BodyOptions{Length: 20},
			handler.Match{Name: "n", Constraints: []handler.Constraint{small{}}})
		if err != nil {
			return err
		}
		return req.ReplyText(200, fmt.Sprint(matches["n"]))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		_, body := c.Do(t, "POST", "/", "n=7")
		assert.Equal(t, "7", body)
		for text, status := range map[string]int{"n=77": 400, "m=7": 400, "n=7&m=" + strings.Repeat("x", 20): 413} {
			resp, _ := c.Do(t, "POST", "/", text)
			assert.Equal(t, status, resp.StatusCode, text)
		}
	})
}

// A large upload goes through with flat memory.
func TestBodyStream(t *testing.T) {
	const size = servetest.Large
	h := respond(func(req *handler.Request) error {
		n, err := io.Copy(io.Discard, req.Body())
		if err != nil {
			return err
		}
		return req.ReplyText(200, fmt.Sprint(n, " ", req.BodyLength()))
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c.Timeout = 2 * time.Minute
		resp, err := c.Post(c.URL, "application/octet-stream", io.LimitReader(zeros{}, size))
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(size, " ", size), string(text))
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(servetest.LargeHeap), "the body must not pass through the heap")
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestBrokenBodies(t *testing.T) {
	failed := make(chan error, 1)
	h := respond(func(req *handler.Request) error {
		_, _, err := req.ReadBody(handler.BodyOptions{})
		failed <- err
		return err
	})
	c := servetest.Start(t, h, false)
	answer := c.Raw(t, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	assert.Contains(t, answer, "HTTP/1.1 400 ")
	assert.Equal(t, 400, handler.StatusOf(<-failed))

	conn, err := net.Dial("tcp", c.Addr)
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	select {
	case err = <-failed:
		assert.Error(t, err, "the client is gone")
	case <-time.After(5 * time.Second):
		t.Fatal("the handler did not notice that the client is gone")
	}
}

func TestBodyBeyondTheServersLimit(t *testing.T) {
	limited := func(next handler.Handler) handler.Handler {
		return handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			r := req.HTTP()
			r.Body = http.MaxBytesReader(nil, r.Body, 10)
			return next.Init(req)
		})
	}
	h := limited(respond(func(req *handler.Request) error {
		_, _, err := req.ReadBody(handler.BodyOptions{})
		return err
	}))
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "POST", "/", strings.Repeat("x", 11))
		assert.Equal(t, 413, resp.StatusCode)
		resp, _ = c.Do(t, "POST", "/", strings.Repeat("x", 10))
		assert.Equal(t, 204, resp.StatusCode)
	})
}

func TestBodyDataIsTheCallers(t *testing.T) {
	req, _ := newRequest("/")
	req.HTTP().Body = io.NopCloser(strings.NewReader("abcdef"))
	req.HTTP().ContentLength = 6
	first, more, err := req.ReadBody(handler.BodyOptions{Length: 3})
	require.NoError(t, err)
	assert.True(t, more)
	first = append(first, "XYZ"...)
	second, more, err := req.ReadBody(handler.BodyOptions{Length: 3})
	require.NoError(t, err)
	assert.False(t, more)
	assert.True(t, bytes.Equal([]byte("abcXYZ"), first) && bytes.Equal([]byte("def"), second), "%s %s", first, second)
}

// What a call asks for is returned as it is there, though the client sends no
// more for now; also where the call before waits for more in the background.
func TestReadBodyDoesNotWaitForMoreThanAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		req, _ := newRequest("/")
		r, w := io.Pipe()
		req.HTTP().Body, req.HTTP().ContentLength = r, -1
		sent := make(chan struct{})
		go func() {
			for _, piece := range []string{"abc", "defgh"} {
				_, _ = io.WriteString(w, piece)
				<-sent
			}
			_ = w.Close()
		}()
		start := time.Now()
		read := func(length int64, want string, more bool) {
			t.Helper()
			data, again, err := req.ReadBody(handler.BodyOptions{Length: length, Period: time.Minute})
			require.NoError(t, err)
			assert.Equal(t, want, string(data))
			assert.Equal(t, more, again)
		}
		read(3, "abc", true)
		assert.Zero(t, time.Since(start), "all of the length was there")
		read(3, "", true)
		assert.Equal(t, time.Minute, time.Since(start), "nothing came")
		sent <- struct{}{}
		synctest.Wait()
		read(2, "de", true)
		read(2, "fg", true)
		piece := make([]byte, 5)
		n, err := req.Body().Read(piece)
		require.NoError(t, err)
		assert.Equal(t, "h", string(piece[:n]))
		assert.Equal(t, time.Minute, time.Since(start), "all that was asked for was there")
		sent <- struct{}{}
		read(1, "", false)
	})
}

// A handler may read on with a body that it has begun beside its streamed
// reply: over HTTP/1.1 too.
func TestReadBodyBesideTheReply(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		_ = req.Body()
		stream, err := req.StreamReply(200, nil)
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			var data []byte
			if data, more, err = req.ReadBody(handler.BodyOptions{Length: 5}); err == nil {
				err = stream.Body(data)
			}
		}
		return err
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		r, w := io.Pipe()
		request, err := http.NewRequest("POST", c.URL, r)
		require.NoError(t, err)
		resp, err := c.Client.Do(request)
		require.NoError(t, err)
		defer resp.Body.Close()
		for _, piece := range []string{"first", "other"} {
			_, err = io.WriteString(w, piece)
			require.NoError(t, err)
			echo := make([]byte, len(piece))
			_, err = io.ReadFull(resp.Body, echo)
			require.NoError(t, err)
			assert.Equal(t, piece, string(echo), "it comes before the next one is sent")
		}
		require.NoError(t, w.Close())
		rest, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Empty(t, rest)
	})
}

// A body that was left unread, or not read to its end, is none of the next
// request's business.
func TestStreamReplyWithoutTheBody(t *testing.T) {
	for name, begin := range map[string]bool{"unread": false, "begun": true} {
		t.Run(name, func(t *testing.T) {
			h := respond(func(req *handler.Request) error {
				if begin {
					if _, err := req.Body().Read(make([]byte, 1)); err != nil {
						return err
					}
				}
				stream, err := req.StreamReply(200, nil)
				if err != nil {
					return err
				}
				return stream.Body([]byte(req.Path()))
			})
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				for _, path := range []string{"/1", "/2", "/3"} {
					resp, err := c.Post(c.URL+path, "text/plain", io.LimitReader(strings.NewReader("GET /smuggled HTTP/1.1\r\n\r\n"), 100))
					require.NoError(t, err)
					text, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.NoError(t, resp.Body.Close())
					assert.Equal(t, path, string(text))
					assert.Equal(t, begin && !c.HTTP2, resp.Close)
				}
			})
		})
	}
}

// That a client leaves is seen beside a body that nobody reads, too.
func TestClientLeavesAStreamWithAnUnreadBody(t *testing.T) {
	ended := make(chan error, 1)
	h := respond(func(req *handler.Request) error {
		if _, err := req.StreamReply(200, nil); err != nil {
			return err
		}
		<-req.Context().Done()
		ended <- context.Cause(req.Context())
		return nil
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", c.URL, strings.NewReader("text"))
		require.NoError(t, err)
		resp, err := c.Client.Do(r)
		require.NoError(t, err)
		leave()
		_ = resp.Body.Close()
		select {
		case err := <-ended:
			assert.ErrorIs(t, err, context.Canceled)
		case <-time.After(5 * time.Second):
			t.Fatal("the handler did not notice that the client is gone")
		}
	})
}

func TestReadBodyAfterReply(t *testing.T) {
	read := make(chan error, 1)
	h := respond(func(req *handler.Request) error {
		if err := req.Reply(200, nil, make([]byte, 10_000)); err != nil {
			return err
		}
		_, _, err := req.ReadBody(handler.BodyOptions{})
		read <- err
		return nil
	})
	c := servetest.Start(t, h, false)
	resp, _ := c.Do(t, "POST", "/", "text")
	assert.Equal(t, 200, resp.StatusCode)
	err := <-read
	assert.ErrorContains(t, err, "after the reply")
	assert.Equal(t, 500, handler.StatusOf(err))
}

// The whole body and not a byte more tells no longer one.
func TestReadURLEncodedBodyOfUnknownLength(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		_, err := req.ReadURLEncodedBody(handler.BodyOptions{Length: 8})
		return err
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for text, status := range map[string]int{"a=bcdefg": 204, "a=bcdefgh": 413} {
			resp, err := c.Post(c.URL, "application/x-www-form-urlencoded", io.LimitReader(strings.NewReader(text), 100))
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, status, resp.StatusCode, text)
		}
	})
}

// A client that leaves amid its body has not sent a malformed one.
func TestClientLeavesAmidItsBody(t *testing.T) {
	reads := map[string]func(*handler.Request) error{
		"ReadBody": func(req *handler.Request) error {
			_, _, err := req.ReadBody(handler.BodyOptions{})
			return err
		},
		"Body": func(req *handler.Request) error {
			_, err := io.Copy(io.Discard, req.Body())
			return err
		},
		"Part": func(req *handler.Request) error {
			part, err := req.ReadPart()
			if err == nil {
				_, err = io.Copy(io.Discard, part)
			}
			return err
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			begun, failed := make(chan struct{}, 1), make(chan error, 1)
			h := respond(func(req *handler.Request) error {
				begun <- struct{}{}
				err := read(req)
				failed <- err
				return err
			})
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				ctx, leave := context.WithCancel(t.Context())
				r, w := io.Pipe()
				request, err := http.NewRequestWithContext(ctx, "POST", c.URL, r)
				require.NoError(t, err)
				request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
				go func() { _, _ = io.WriteString(w, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nsome") }()
				go func() {
					<-begun
					leave()
					_ = w.CloseWithError(io.ErrClosedPipe) // over HTTP/1.1 the client waits for its body
				}()
				_, err = c.Client.Do(request)
				require.Error(t, err)
				select {
				case err := <-failed:
					assert.ErrorContains(t, err, "the client went away")
					var status *handler.StatusError
					assert.False(t, errors.As(err, &status), "%v", err)
				case <-time.After(5 * time.Second):
					t.Fatal("the handler did not notice that the client is gone")
				}
			})
		})
	}
}

// A middleware may make a body longer than was announced, and leave the
// announcement as it is.
func TestBodyLongerThanAnnounced(t *testing.T) {
	req, _ := newRequest("/")
	req.HTTP().Body = io.NopCloser(iotest.OneByteReader(strings.NewReader("abcdef")))
	req.HTTP().ContentLength = 3
	text, err := io.ReadAll(req.Body())
	require.NoError(t, err)
	assert.Equal(t, "abcdef", string(text))
}

package handler_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
)

// get runs a handler for GET / and prints the reply.
func get(f func(*handler.Request) error) {
	w := httptest.NewRecorder()
	servetest.Serve(respond(f)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Print(w.Body)
}

func ExampleStream_Events() {
	get(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
		if err != nil {
			return err
		}
		return stream.Events(
			handler.Event{ID: "1", Event: "price", Data: "12.50", Retry: 2 * time.Second},
			handler.Event{Comment: "still here"})
	})
	// Output:
	// 200 text/event-stream
	// id: 1
	// event: price
	// data: 12.50
	// retry: 2000
	//
	// : still here
}

func ExampleParseHeader() {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", "da, en-GB;q=0.8")
	req := handler.NewRequest(httptest.NewRecorder(), r, handler.Env{})
	languages, err := handler.ParseHeader(req, handler.HeaderAcceptLanguage)
	fmt.Println(languages, err)

	r = httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", "?")
	_, err = handler.ParseHeader(handler.NewRequest(httptest.NewRecorder(), r, handler.Env{}), handler.HeaderAcceptLanguage)
	fmt.Println(handler.StatusOf(err), err)
	// Output:
	// [{da 1000} {en-gb 800}] <nil>
	// 400 handler: malformed header Accept-Language
}

func ExampleRequest_ReadPart() {
	body := "--b\r\nContent-Disposition: form-data; name=\"hat\"; filename=\"hat.txt\"\r\n\r\nred\r\n--b--\r\n"
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	req := handler.NewRequest(httptest.NewRecorder(), r, handler.Env{})
	for {
		part, err := req.ReadPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		content, _ := io.ReadAll(part)
		fmt.Printf("%s %s %s\n", part.Name(), part.FileName(), content)
	}
	// Output: hat hat.txt red
}

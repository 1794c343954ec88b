package static_test

import (
	"fmt"
	"net/http/httptest"
	"testing/fstest"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/internal/servetest"
)

func ExampleFS() {
	site := fstest.MapFS{"css/site.css": {Data: []byte("p { margin: 0 }")}} // or an embed.FS
	files := static.FS(site, static.Options{Charset: static.Always("utf-8")})

	// The router does this for the route "/assets/[...]".
	route := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		req.SetRoute(handler.Route{PathInfo: []string{"css", "site.css"}})
		return files.Init(req)
	})
	w := httptest.NewRecorder()
	servetest.Serve(route).ServeHTTP(w, httptest.NewRequest("GET", "/assets/css/site.css", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Println(w.Body)
	// Output:
	// 200 text/css; charset=utf-8
	// p { margin: 0 }
}

package deflate_test

import (
	"fmt"
	"strings"

	"github.com/cowhand/cowhand/websocket/deflate"
)

func Example() {
	offers := []string{"permessage-deflate; client_max_window_bits"} // as Chrome sends it
	agreement, response, err := deflate.Negotiate(offers, deflate.Options{})
	if err != nil {
		fmt.Println(err) // answer 400
		return
	}
	fmt.Println(response)

	compressor := agreement.NewCompressor()
	message := []byte(strings.Repeat("All work and no play makes Jack a dull boy. ", 10))
	for range 2 {
		wire, compressed := compressor.Compress(nil, message)
		fmt.Println(len(message), len(wire), compressed)
	}

	// Output:
	// permessage-deflate; client_max_window_bits=12
	// 440 51 true
	// 440 7 true
}

// Compress a message for many connections once per Form.
func ExampleForm() {
	var compressors []*deflate.Compressor
	for range 3 {
		agreement, _, _ := deflate.Negotiate([]string{"permessage-deflate"}, deflate.Options{})
		compressors = append(compressors, agreement.NewCompressor())
	}

	news := []byte(strings.Repeat("news ", 100))
	prepared := map[deflate.Form][]byte{}
	for _, c := range compressors {
		wire, ok := prepared[c.Form()]
		if !ok {
			wire, _ = c.Form().Compress(nil, news)
			prepared[c.Form()] = wire
		}
		c.Sent(news) // later messages may refer to it
	}
	fmt.Println(len(prepared))
	// Output: 1
}

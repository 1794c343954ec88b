package strictjson_test

import (
	"encoding/json"
	"testing"

	"github.com/cowhand/cowhand/internal/strictjson"
)

// BenchmarkUnmarshal is what being strict costs beside encoding/json.
func BenchmarkUnmarshal(b *testing.B) {
	document := []byte(`{"name":"bowler","age":7,"nick":null,"home":{"street":"High Street","zip":12},` +
		`"past":[{"street":"a"},{"street":"b"},{"street":"c","zip":3}],"tags":{"colour":"black","kind":"hat"}}`)
	for name, unmarshal := range map[string]func([]byte, any) error{"json": json.Unmarshal, "strict": strictjson.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				if err := unmarshal(document, new(person)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

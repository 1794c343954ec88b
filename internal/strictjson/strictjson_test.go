package strictjson_test

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/strictjson"
)

type address struct {
	Street string `json:"street"`
	Zip    int16  `json:"zip,omitempty"`
}

type person struct {
	Name    string            `json:"name"`
	Age     uint8             `json:"age,omitzero"`
	Nick    *string           `json:"nick"`
	Home    *address          `json:"home,omitempty"`
	Past    []address         `json:"past,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
	Any     any               `json:"any,omitempty"`
	Born    *time.Time        `json:"born,omitempty"`
	Seen    time.Time         `json:"seen,omitzero"`
	Raw     json.RawMessage   `json:"raw,omitempty"`
	Big     big.Int           `json:"big,omitzero"`
	Peer    netip.Addr        `json:"peer,omitzero"`
	Pair    [2]int            `json:"pair,omitzero"`
	Blob    []byte            `json:"blob,omitempty"`
	Quoted  int               `json:"quoted,string,omitempty"`
	Secret  string            `json:"-"`
	private int
}

func TestUnmarshal(t *testing.T) {
	for document, want := range map[string]string{
		`{"name":"a"}`: "",
		` { "name" : "a" , "age" : 7 , "nick" : null , "home" : { "street" : "s" } } `:   "",
		`{"name":"a","past":[{"street":"s","zip":1},{"street":"t"}],"tags":{"a":"b"}}`:   "",
		`{"name":"a","any":{"x":[1,{"y":null}],"z":null},"raw":null,"quoted":"5"}`:       "",
		`{"name":"a","born":null,"big":5,"peer":"127.0.0.1","pair":[1,2],"blob":"YWE="}`: "",
		`{"n\u0061me":"escaped"}`: "",

		// What encoding/json refuses.
		``:                                      `line 1, column 1: a JSON value is expected, not the end`,
		"  \n ":                                 `line 2, column 2: a JSON value is expected, not the end`,
		`{`:                                     `line 1, column 2: unexpected end of JSON input`,
		"{\n  \"name\": é}":                     `line 2, column 11: invalid character 'Ã' looking for beginning of value`,
		`{"é":1,}`:                              `line 1, column 8: invalid character '}' looking for beginning of object key string`,
		`{"name":"a"} x`:                        `line 1, column 14: invalid character 'x' after top-level value`,
		`{"name":5}`:                            `line 1, column 9 (/name): a string is expected, not a number`,
		`{"name":{"a":1}}`:                      `line 1, column 9 (/name): a string is expected, not an object`,
		`{"name":[1]}`:                          `line 1, column 9 (/name): a string is expected, not an array`,
		`{"name":true}`:                         `line 1, column 9 (/name): a string is expected, not a boolean`,
		`{"age":300}`:                           `line 1, column 8 (/age): an integer from 0 to 255 is expected, not 300`,
		`{"age":-1}`:                            `line 1, column 8 (/age): an integer from 0 to 255 is expected, not -1`,
		`{"age":1.5 }`:                          `line 1, column 8 (/age): an integer from 0 to 255 is expected, not 1.5`,
		`{"home":{"zip":70000}}`:                `line 1, column 16 (/home/zip): an integer from -32768 to 32767 is expected, not 70000`,
		`{"past":[{},` + "\n" + `{"zip":"x"}]}`: `line 2, column 8 (/past/1/zip): an integer from -32768 to 32767 is expected, not a string`,
		`{"tags":{"a/b~c":1}}`:                  `line 1, column 18 (/tags/a~1b~0c): a string is expected, not a number`,
		`{"peer":5}`:                            `line 1, column 9 (/peer): a string is expected, not a number`,
		`{"blob":5}`:                            `line 1, column 9 (/blob): a string in base64 is expected, not a number`,
		`{"past":{}}`:                           `line 1, column 9 (/past): an array is expected, not an object`,
		`{"home":"x"}`:                          `line 1, column 9 (/home): an object is expected, not a string`,
		`[]`:                                    `line 1, column 1: an object is expected, not an array`,

		// What it lets pass.
		`{}`:                     `line 1, column 1: the key "name" is missing`,
		`{"name":"a","home":{}}`: `line 1, column 20 (/home): the key "street" is missing`,
		`{"name":"a","past":[{"street":"s"},{}]}`: `line 1, column 36 (/past/1): the key "street" is missing`,
		`{"Name":"a"}`:                          `line 1, column 2: the key "Name" is unknown; it is spelled "name"`,
		`{"name":"a","nmae":"b"}`:               `line 1, column 13: the key "nmae" is unknown`,
		`{"name":"a","Secret":"b"}`:             `line 1, column 13: the key "Secret" is unknown`,
		`{"name":"a","private":1}`:              `line 1, column 13: the key "private" is unknown`,
		`{"name":"a","name":"b"}`:               `line 1, column 13: the key "name" is there twice`,
		`{"name":"a","n\u0061me":"b"}`:          `line 1, column 13: the key "name" is there twice`,
		`{"name":"a","tags":{"x":"1","x":"2"}}`: `line 1, column 29 (/tags): the key "x" is there twice`,
		`{"name":"a","any":[{"x":1,"x":2}]}`:    `line 1, column 27 (/any/0): the key "x" is there twice`,
		`{"name":"a","raw":{"x":1,"x":2}}`:      `line 1, column 26 (/raw): the key "x" is there twice`,
		`{"name":null}`:                         `line 1, column 9 (/name): a string is expected, not null`,
		`{"name":"a","age":null}`:               `line 1, column 19 (/age): an integer from 0 to 255 is expected, not null`,
		`{"name":"a","past":null}`:              `line 1, column 20 (/past): an array is expected, not null`,
		`{"name":"a","past":[null]}`:            `line 1, column 21 (/past/0): an object is expected, not null`,
		`{"name":"a","tags":{"x":null}}`:        `line 1, column 25 (/tags/x): a string is expected, not null`,
		`{"name":"a","seen":null}`:              `line 1, column 20 (/seen): a string is expected, not null`,
		`{"name":"a","peer":null}`:              `line 1, column 20 (/peer): a string is expected, not null`,
		`{"name":"a","quoted":null}`:            `line 1, column 22 (/quoted): an integer is expected, not null`,
		`{"name":"a","pair":[1]}`:               `line 1, column 20 (/pair): an array of 2 is expected, not of 1`,
		`{"name":"a","pair":[1,2,3]}`:           `line 1, column 20 (/pair): an array of 2 is expected, not of 3`,
		`null`:                                  `line 1, column 1: an object is expected, not null`,
		"{\"name\":\"a\xff\"}":                  `line 1, column 11: the text is not UTF-8`,
	} {
		var p person
		err := strictjson.Unmarshal([]byte(document), &p)
		if want == "" {
			assert.NoError(t, err, document)
			assert.NoError(t, strictjson.Check([]byte(document), &p), document)
			continue
		}
		assert.EqualError(t, err, want, document)
		var located *strictjson.Error
		assert.ErrorAs(t, err, &located, document)
	}
	_ = person{}.private
}

// The fields that count are those of encoding/json.
func TestEmbedded(t *testing.T) {
	type Deep struct {
		Hidden, Deepest string
	}
	type Left struct {
		Deep
		Both string
		One  string `json:"Two"`
	}
	type Right struct {
		Both string
		Two  string
	}
	type Optional struct{ Maybe string }
	type hidden struct{ Promoted string }
	type named struct{ In string }
	type all struct {
		Left
		Right
		*Optional
		hidden
		Named  named `json:"named"`
		Hidden string
	}
	const full = `{"Deepest":"d","Promoted":"p","named":{"In":"i"},"Hidden":"h","Two":"t"}`
	var v all
	require.NoError(t, strictjson.Unmarshal([]byte(full), &v))
	assert.Equal(t, "h", v.Hidden)
	assert.Equal(t, "p", v.Promoted)
	assert.Equal(t, "t", v.One, "a name of a tag wins")
	require.NoError(t, strictjson.Unmarshal([]byte(strings.Replace(full, "{", `{"Maybe":"m",`, 1)), &v))
	err := strictjson.Unmarshal([]byte(strings.Replace(full, "{", `{"Both":"x",`, 1)), &v)
	assert.ErrorContains(t, err, `"Both" is unknown`)
	assert.EqualError(t, strictjson.Unmarshal([]byte(`{}`), &v),
		`line 1, column 1: the keys "Deepest", "Hidden", "Promoted", "Two", "named" are missing`)

	assert.NoError(t, strictjson.Unmarshal([]byte(`{"Value":1}`), new(Node)))
}

// Node is embedded in itself.
type Node struct {
	*Node
	Value int
}

func TestOtherTypes(t *testing.T) {
	var numbers []int
	require.NoError(t, strictjson.Unmarshal([]byte(`[1, 2]`), &numbers))
	assert.Equal(t, []int{1, 2}, numbers)
	var pointer *int
	require.NoError(t, strictjson.Unmarshal([]byte(`null`), &pointer))
	var whatever any
	require.NoError(t, strictjson.Unmarshal([]byte(` {"a":[],"b":{}, "c":"\"]" } `), &whatever))
	var when time.Time
	assert.ErrorContains(t, strictjson.Unmarshal([]byte(`"yesterday"`), &when), "parsing time")
	assert.Error(t, strictjson.Unmarshal([]byte(`1`), nil))
	assert.Error(t, strictjson.Check([]byte(`1`), 1))
	assert.EqualError(t, strictjson.Check([]byte(`{"a":1 "b":2}`), &whatever),
		`line 1, column 8: invalid character '"' after object key:value pair`)
}

// FuzzUnmarshal holds the way through a document against encoding/json.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{`{"name":"a","past":[{"street":"s"}]}`, `[1,"\"",{"a":null}]`, `null`, ` 1 `, `{"a":{"b":[[],[1]]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		lenient := json.Unmarshal(data, &v)
		strict := strictjson.Unmarshal(data, &v)
		if lenient != nil && strict == nil {
			t.Fatalf("encoding/json refuses %q: %v", data, lenient)
		}
		var located *strictjson.Error
		if strict != nil && !(assert.ErrorAs(t, strict, &located) && located.Offset <= len(data)) {
			t.Fatalf("%q: %v", data, strict)
		}
		var p person
		if strictjson.Unmarshal(data, &p) == nil {
			if err := json.Unmarshal(data, new(person)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

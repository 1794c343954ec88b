package deflate

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNegotiate(t *testing.T) {
	keepFull := Options{KeepFullClientWindow: true}
	for _, c := range []struct {
		offer    string
		options  Options
		response string // "": declined
	}{
		// The offers of Firefox and Chrome.
		{"permessage-deflate", Options{}, "permessage-deflate; client_no_context_takeover"},
		{"permessage-deflate; client_max_window_bits", Options{}, "permessage-deflate; client_max_window_bits=12"},
		{"permessage-deflate; client_max_window_bits=15", Options{}, "permessage-deflate; client_max_window_bits=12"},
		{"permessage-deflate; client_max_window_bits=10", Options{}, "permessage-deflate; client_max_window_bits=10"},
		{"permessage-deflate; client_max_window_bits", Options{ClientMaxWindowBits: 15}, "permessage-deflate; client_max_window_bits=15"},
		{"permessage-deflate; client_max_window_bits=8", Options{ClientMaxWindowBits: 9}, "permessage-deflate; client_max_window_bits=8"},
		{"permessage-deflate; server_max_window_bits=15", keepFull, "permessage-deflate; server_max_window_bits=12"},
		{"permessage-deflate; server_max_window_bits=8", keepFull, "permessage-deflate; server_max_window_bits=8"},
		{
			"permessage-deflate; server_max_window_bits=15", Options{ServerMaxWindowBits: 15, KeepFullClientWindow: true},
			"permessage-deflate; server_max_window_bits=15",
		},
		{"permessage-deflate", Options{ServerMaxWindowBits: 15, KeepFullClientWindow: true}, "permessage-deflate"},
		{"permessage-deflate", Options{ServerMaxWindowBits: 11, KeepFullClientWindow: true}, "permessage-deflate; server_max_window_bits=11"},

		// The server cannot limit the client's window, so it keeps none, unless told to.
		{"permessage-deflate", keepFull, "permessage-deflate"},
		{"permessage-deflate", Options{ClientMaxWindowBits: 15}, "permessage-deflate"},
		{"permessage-deflate", Options{ClientMaxWindowBits: 11}, "permessage-deflate; client_no_context_takeover"},
		{"permessage-deflate", Options{ClientMaxWindowBits: 11, KeepFullClientWindow: true}, "permessage-deflate"},
		{"permessage-deflate; client_max_window_bits", keepFull, "permessage-deflate; client_max_window_bits=12"},
		{"permessage-deflate; client_no_context_takeover", keepFull, "permessage-deflate; client_no_context_takeover"},
		{"permessage-deflate; server_no_context_takeover", Options{}, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
		{"permessage-deflate; client_no_context_takeover", Options{}, "permessage-deflate; client_no_context_takeover"},
		{
			"permessage-deflate", Options{ServerNoContextTakeover: true, ClientNoContextTakeover: true},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		},
		{
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits", Options{},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits=15",
		},

		// The notation (RFC 9110, section 5.6).
		{`permessage-deflate; server_max_window_bits="10"`, keepFull, "permessage-deflate; server_max_window_bits=10"},
		{`permessage-deflate; server_max_window_bits="1\0"`, keepFull, "permessage-deflate; server_max_window_bits=10"},
		{"\t, ,permessage-deflate\t;server_max_window_bits = 10 , ", keepFull, "permessage-deflate; server_max_window_bits=10"},

		// The first that is acceptable wins.
		{"foo, permessage-deflate; server_max_window_bits=9, permessage-deflate", keepFull, "permessage-deflate; server_max_window_bits=9"},
		{"permessage-deflate; bar, permessage-deflate; server_no_context_takeover", keepFull, "permessage-deflate; server_no_context_takeover"},
		{"permessage-deflate, permessage-deflate; client_max_window_bits", Options{ClientMaxWindowBits: 9}, "permessage-deflate; client_no_context_takeover"},
		{"x-webkit-deflate-frame, permessage-deflate", Options{}, "x-webkit-deflate-frame; max_window_bits=12"},
		{"permessage-deflate; x, x-webkit-deflate-frame", Options{}, "x-webkit-deflate-frame; max_window_bits=12"},

		// Declined (RFC 7692, section 7.1).
		{"foo; bar=1", Options{}, ""},
		{"permessage-deflate; unknown", Options{}, ""},
		{"permessage-deflate; server_no_context_takeover; server_no_context_takeover", Options{}, ""},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits=10", Options{}, ""},
		{"permessage-deflate; server_max_window_bits=9; server_max_window_bits=10", Options{}, ""},
		{"permessage-deflate; server_no_context_takeover=true", Options{}, ""},
		{"permessage-deflate; client_no_context_takeover=1", Options{}, ""},
		{"permessage-deflate; server_max_window_bits", Options{}, ""},
		{"permessage-deflate; server_max_window_bits=7", Options{}, ""},
		{"permessage-deflate; server_max_window_bits=16", Options{}, ""},
		{"permessage-deflate; server_max_window_bits=08", Options{}, ""},
		{"permessage-deflate; server_max_window_bits=+9", Options{}, ""},
		{"permessage-deflate; client_max_window_bits=ten", Options{}, ""},
		{"permessage-deflate; client_max_window_bits=0", Options{}, ""},
		{"permessage-deflate; max_window_bits=10", Options{}, ""},

		{"x-webkit-deflate-frame", Options{}, "x-webkit-deflate-frame; max_window_bits=12"},
		{"x-webkit-deflate-frame; max_window_bits=9; no_context_takeover", Options{}, "x-webkit-deflate-frame; max_window_bits=12"},
		{"x-webkit-deflate-frame", Options{ClientMaxWindowBits: 15}, "x-webkit-deflate-frame"},
		{"x-webkit-deflate-frame", keepFull, "x-webkit-deflate-frame; max_window_bits=12"},
		{"x-webkit-deflate-frame", Options{ClientNoContextTakeover: true}, "x-webkit-deflate-frame; no_context_takeover"},
		{"x-webkit-deflate-frame", Options{ClientMaxWindowBits: 10, ClientNoContextTakeover: true}, "x-webkit-deflate-frame; max_window_bits=10; no_context_takeover"},
		{"x-webkit-deflate-frame", Options{ServerMaxWindowBits: 10, ServerNoContextTakeover: true}, "x-webkit-deflate-frame; max_window_bits=12"},
		{"x-webkit-deflate-frame; max_window_bits", Options{}, ""},
		{"x-webkit-deflate-frame; max_window_bits=16", Options{}, ""},
		{"x-webkit-deflate-frame; max_window_bits=9; max_window_bits=9", Options{}, ""},
		{"x-webkit-deflate-frame; no_context_takeover=1", Options{}, ""},
		{"x-webkit-deflate-frame; server_max_window_bits=10", Options{}, ""},
	} {
		t.Run(fmt.Sprintf("%s/%+v", c.offer, c.options), func(t *testing.T) {
			a, response, err := Negotiate([]string{c.offer}, c.options)
			require.NoError(t, err)
			assert.Equal(t, c.response, response)
			assert.Equal(t, c.response == "", a == nil)
			requireLegal(t, []string{c.offer}, c.options, a, response)
		})
	}
}

// TestAgreement: the parameters of both codecs.
func TestAgreement(t *testing.T) {
	for offer, want := range map[string]string{
		"permessage-deflate":                             "permessage-deflate; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=15",
		"permessage-deflate; client_max_window_bits":     "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
		"permessage-deflate; client_no_context_takeover": "permessage-deflate; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=15",
		"permessage-deflate; server_no_context_takeover": "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits=15",
		"x-webkit-deflate-frame":                         "x-webkit-deflate-frame; server_max_window_bits=12; client_max_window_bits=12",
		"x-webkit-deflate-frame; max_window_bits=8":      "x-webkit-deflate-frame; server_max_window_bits=8; client_max_window_bits=12",
		"x-webkit-deflate-frame; no_context_takeover":    "x-webkit-deflate-frame; server_no_context_takeover; server_max_window_bits=15; client_max_window_bits=12",
	} {
		a, _, err := Negotiate([]string{offer}, Options{})
		require.NoError(t, err)
		assert.Equal(t, want, a.String(), offer)
	}
	a, _, err := Negotiate([]string{"permessage-deflate"}, Options{Level: 9, MinCompressSize: 7})
	require.NoError(t, err)
	assert.Equal(t, Form{windowBits: 12, level: 9, minSize: 7}, a.Form())
	assert.Equal(t, "deflate.Kind(9)", Kind(9).String())
}

// TestNegotiateMatrix: with all options, all offers get a legal response.
func TestNegotiateMatrix(t *testing.T) {
	var offers []string
	for _, flags := range []string{"", "; server_no_context_takeover", "; client_no_context_takeover", "; client_no_context_takeover; server_no_context_takeover"} {
		for server := minWindowBits - 1; server <= maxWindowBits; server++ {
			for client := minWindowBits - 2; client <= maxWindowBits; client++ {
				offer := "permessage-deflate" + flags
				if server >= minWindowBits {
					offer += fmt.Sprintf("; server_max_window_bits=%d", server)
				}
				if client >= minWindowBits {
					offer += fmt.Sprintf("; client_max_window_bits=%d", client)
				} else if client == minWindowBits-1 {
					offer += "; client_max_window_bits"
				}
				offers = append(offers, offer)
			}
		}
	}
	accepted := 0
	for _, offer := range offers {
		for _, bits := range []struct{ server, client int }{{0, 0}, {8, 8}, {10, 0}, {0, 10}, {15, 15}, {9, 14}} {
			for flags := range 6 {
				o := Options{
					ServerMaxWindowBits: bits.server, ClientMaxWindowBits: bits.client,
					ServerNoContextTakeover: flags&1 != 0, ClientNoContextTakeover: flags&2 != 0, KeepFullClientWindow: flags&4 != 0,
				}
				a, response, err := Negotiate([]string{offer}, o)
				require.NoError(t, err)
				requireLegal(t, []string{offer}, o, a, response)
				if a != nil {
					accepted++
				}
			}
		}
	}
	assert.Equal(t, len(offers)*6*6, accepted)
}

var legalParam = regexp.MustCompile(`^(\w+)(?:=([1-9]\d?))?$`)

// requireLegal checks a response against the offers and the options, by RFC 7692,
// section 7.1, and the draft of x-webkit-deflate-frame. It has its own, simpler
// parser.
func requireLegal(t testing.TB, offers []string, o Options, a *Agreement, response string) {
	t.Helper()
	if a == nil {
		require.Empty(t, response)
		return
	}
	parts := strings.Split(response, "; ")
	require.Equal(t, a.Kind.String(), parts[0])
	given := map[string]int{}
	for _, p := range parts[1:] {
		m := legalParam.FindStringSubmatch(p)
		require.NotNil(t, m, response)
		require.NotContains(t, given, m[1])
		given[m[1]], _ = strconv.Atoi(m[2])
	}
	for _, bits := range []int{a.ServerMaxWindowBits, a.ClientMaxWindowBits} {
		require.GreaterOrEqual(t, bits, 8)
		require.LessOrEqual(t, bits, 15)
	}
	require.False(t, o.ServerNoContextTakeover && !a.ServerNoContextTakeover)
	require.False(t, o.ClientNoContextTakeover && !a.ClientNoContextTakeover)
	if o.ServerMaxWindowBits != 0 {
		require.LessOrEqual(t, a.ServerMaxWindowBits, o.ServerMaxWindowBits)
	}
	if !a.ClientNoContextTakeover && !o.KeepFullClientWindow {
		require.LessOrEqual(t, a.ClientMaxWindowBits, cmp.Or(o.ClientMaxWindowBits, DefaultWindowBits), "the window that is kept")
	}
	// It must be legal for one of the offers.
	for _, offer := range strings.Split(strings.ReplaceAll(strings.ReplaceAll(strings.Join(offers, ","), `"`, ""), `\`, ""), ",") {
		words := strings.FieldsFunc(offer, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' })
		if len(words) == 0 || words[0] != parts[0] {
			continue
		}
		offered := map[string]int{}
		offer = strings.NewReplacer(" ", "", "\t", "").Replace(offer)
		for _, p := range strings.Split(offer, ";")[1:] {
			name, value, _ := strings.Cut(p, "=")
			offered[name], _ = strconv.Atoi(value)
		}
		if (a.Kind == PerMessage && answersMessage(offered, given, a)) || (a.Kind == PerFrame && answersFrame(offered, given, a)) {
			return
		}
	}
	require.Fail(t, "illegal response", "%q to %q", response, offers)
}

func answersMessage(offered, given map[string]int, a *Agreement) bool {
	_, serverFlag := given["server_no_context_takeover"]
	_, clientFlag := given["client_no_context_takeover"]
	_, wantServerFlag := offered["server_no_context_takeover"]
	serverBits, announced := given["server_max_window_bits"]
	wantServerBits, limited := offered["server_max_window_bits"]
	clientBits, limiting := given["client_max_window_bits"]
	clientMost, mayLimit := offered["client_max_window_bits"]
	switch {
	case serverFlag != a.ServerNoContextTakeover || clientFlag != a.ClientNoContextTakeover:
	case wantServerFlag && !serverFlag: // 7.1.1.1: MUST
	case limited && (!announced || serverBits > wantServerBits): // 7.1.2.1
	case announced && a.ServerMaxWindowBits != serverBits:
	case limiting && !mayLimit: // 7.1.2.2: MUST NOT
	case limiting && clientMost != 0 && clientBits > clientMost:
	case limiting && a.ClientMaxWindowBits != clientBits:
	case !limiting && a.ClientMaxWindowBits != 15: // the client may use 15
	default:
		return true
	}
	return false
}

func answersFrame(offered, given map[string]int, a *Agreement) bool {
	_, flag := offered["no_context_takeover"]
	bits, limited := offered["max_window_bits"]
	_, clientFlag := given["no_context_takeover"]
	clientBits, limiting := given["max_window_bits"]
	switch {
	case flag && !a.ServerNoContextTakeover:
	case limited && a.ServerMaxWindowBits > bits:
	case clientFlag != a.ClientNoContextTakeover:
	case limiting && a.ClientMaxWindowBits != clientBits:
	case !limiting && a.ClientMaxWindowBits != 15:
	default:
		return true
	}
	return false
}

func TestMalformedHeader(t *testing.T) {
	for header, offset := range map[string]int{
		"":                                       0,
		" ,\t, ":                                 5,
		";":                                      0,
		"=":                                      0,
		"permessage-deflate;":                    19,
		"permessage-deflate; ;x":                 20,
		"permessage-deflate; a=":                 22,
		"permessage-deflate; =1":                 20,
		"permessage-deflate a":                   19,
		"permessage-deflate; a b":                22,
		"permessage-deflate; a=b=c":              23,
		`permessage-deflate; a="`:                23,
		`permessage-deflate; a=""`:               24,
		`permessage-deflate; a="x`:               24,
		`permessage-deflate; a="x y"`:            24,
		`permessage-deflate; a="x\`:              25,
		`permessage-deflate; a="1"2`:             25,
		`"permessage-deflate"`:                   0,
		"permessage-deflate, foo/bar":            23,
		"permessage-deflate; a=\xff":             22,
		"permessage-deflate\r\n, foo":            18,
		"permessage-deflate; client_max\x00bits": 30,
	} {
		a, response, err := Negotiate([]string{header}, Options{})
		assert.Nil(t, a, header)
		assert.Empty(t, response, header)
		var malformed *HeaderError
		if assert.ErrorAs(t, err, &malformed, header) {
			assert.Equal(t, offset, malformed.Offset, header)
			assert.Equal(t, header, malformed.Value)
			assert.Contains(t, err.Error(), "malformed Sec-WebSocket-Extensions")
		}
		assert.Equal(t, err, CheckHeader([]string{header}))
	}
}

// TestSeveralHeaders: several headers are one list.
func TestSeveralHeaders(t *testing.T) {
	_, response, err := Negotiate([]string{"foo", "", "permessage-deflate"}, Options{})
	require.NoError(t, err)
	assert.Equal(t, "permessage-deflate; client_no_context_takeover", response)

	_, _, err = Negotiate([]string{"permessage-deflate", "foo;"}, Options{})
	require.ErrorContains(t, err, `malformed Sec-WebSocket-Extensions "foo;" at byte 4: want a parameter's name`)

	a, response, err := Negotiate(nil, Options{})
	require.NoError(t, err)
	assert.Nil(t, a)
	assert.Empty(t, response)
}

func TestValidate(t *testing.T) {
	require.NoError(t, Options{}.Validate())
	require.NoError(t, Options{Level: 9, ServerMaxWindowBits: 8, ClientMaxWindowBits: 15, MinCompressSize: 1}.Validate())
	for want, o := range map[string]Options{
		"deflate: Options.Level is 10; allowed are 1 to 9, or 0 for the default":                   {Level: 10},
		"deflate: Options.Level is -1; allowed are 1 to 9, or 0 for the default":                   {Level: -1},
		"deflate: Options.ServerMaxWindowBits is 7; allowed are 8 to 15, or 0 for the default":     {ServerMaxWindowBits: 7},
		"deflate: Options.ClientMaxWindowBits is 16; allowed are 8 to 15, or 0 for the default":    {ClientMaxWindowBits: 16},
		"deflate: Options.KeepFullClientWindow and ClientNoContextTakeover exclude each other":     {KeepFullClientWindow: true, ClientNoContextTakeover: true},
		"deflate: Options.MinCompressSize is -1; allowed are sizes in bytes, or 0 for the default": {MinCompressSize: -1},
	} {
		require.EqualError(t, o.Validate(), want)
		_, _, err := Negotiate([]string{"permessage-deflate"}, o)
		require.EqualError(t, err, want)
	}
}

package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// offer is an offer of permessage-deflate as Autobahn makes it: it always lets
// the server limit the client's window and forbid the client's context takeover.
type offer struct {
	serverReset bool // asks for server_no_context_takeover
	serverBits  int  // asks for server_max_window_bits, 0 is not
}

func (o offer) String() string {
	s := "permessage-deflate; client_no_context_takeover; client_max_window_bits"
	if o.serverReset {
		s += "; server_no_context_takeover"
	}
	if o.serverBits != 0 {
		s += fmt.Sprintf("; server_max_window_bits=%d", o.serverBits)
	}
	return s
}

func offerHeader(offers []offer) string {
	var list []string
	for _, o := range offers {
		list = append(list, o.String())
	}
	return strings.Join(list, ", ")
}

// agreement is what the server made of the offers (RFC 7692, section 7.1).
type agreement struct {
	serverReset, clientReset bool
	serverBits, clientBits   int // 8 to 15

	used bool // the server has sent a compressed message
}

// agree reads the answer. It is an error if the answer is none, malformed, or
// legal for none of the offers.
func agree(offers []offer, answers []string) (*agreement, error) {
	if len(answers) == 0 {
		return nil, errors.New("the offer was declined")
	}
	a := &agreement{serverBits: 15, clientBits: 15}
	given := map[string]bool{}
	for i, field := range strings.Split(strings.Join(answers, ","), ";") {
		name, value, hasValue := strings.Cut(strings.TrimSpace(field), "=")
		if i == 0 && (name != "permessage-deflate" || hasValue) {
			return nil, fmt.Errorf("extension %q was not offered", field)
		}
		if given[name] {
			return nil, fmt.Errorf("%s twice", name)
		}
		given[name] = true
		if err := a.set(i, name, value, hasValue); err != nil {
			return nil, err
		}
	}
	for _, o := range offers {
		if a.legal(o, given) {
			return a, nil
		}
	}
	return nil, errors.New("not legal for any offer (RFC 7692, section 7.1)")
}

func (a *agreement) set(i int, name, value string, hasValue bool) (err error) {
	switch {
	case i == 0:
	case name == "server_no_context_takeover" && !hasValue:
		a.serverReset = true
	case name == "client_no_context_takeover" && !hasValue:
		a.clientReset = true
	case name == "server_max_window_bits":
		a.serverBits, err = windowBits(value)
	case name == "client_max_window_bits":
		a.clientBits, err = windowBits(value)
	default:
		err = fmt.Errorf("parameter %q, value %q", name, value)
	}
	return err
}

// windowBits reads 8 to 15, without leading zeros, perhaps quoted.
func windowBits(value string) (int, error) {
	if len(value) > 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 8 || n > 15 || strconv.Itoa(n) != value {
		return 0, fmt.Errorf("window bits %q", value)
	}
	return n, nil
}

// legal tells whether the answer keeps to the offer. A server may promise more
// than it was asked for, and limit the client, which these offers allow.
func (a *agreement) legal(o offer, given map[string]bool) bool {
	if o.serverReset && !a.serverReset {
		return false
	}
	return o.serverBits == 0 || given["server_max_window_bits"] && a.serverBits <= o.serverBits
}

func TestAgree(t *testing.T) {
	const name = "permessage-deflate"
	for _, c := range []struct {
		offer  offer
		answer string
		legal  bool
	}{
		{offer{}, name, true},
		{offer{}, name + `; client_max_window_bits="12";server_no_context_takeover`, true},
		{offer{}, name + "; server_max_window_bits=10", true},
		{offer{}, "", false},
		{offer{}, name + ", " + name, false},
		{offer{}, "x-webkit-deflate-frame", false},
		{offer{}, name + "; client_max_window_bits", false},
		{offer{}, name + "; client_max_window_bits=08", false},
		{offer{}, name + "; client_max_window_bits=7", false},
		{offer{}, name + "; client_max_window_bits=16", false},
		{offer{}, name + "; client_no_context_takeover=1", false},
		{offer{}, name + "; client_no_context_takeover; client_no_context_takeover", false},
		{offer{}, name + "; other", false},
		{offer{serverReset: true}, name, false},
		{offer{serverReset: true}, name + "; server_no_context_takeover", true},
		{offer{serverBits: 9}, name, false},
		{offer{serverBits: 9}, name + "; server_max_window_bits=10", false},
		{offer{serverBits: 9}, name + "; server_max_window_bits=8", true},
		{offer{serverBits: 15}, name, false},
	} {
		_, err := agree([]offer{c.offer}, []string{c.answer})
		assert.Equal(t, c.legal, err == nil, "offer %v, answer %q: %v", c.offer, c.answer, err)
	}
}

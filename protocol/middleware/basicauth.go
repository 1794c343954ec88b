package middleware

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// BasicAuth lets requests through that have the name and the password of a
// user (RFC 7617), and answers others with 401. Use it over TLS alone: the
// password is sent with each request, in clear text but for TLS.
//
// A handler behind it reads the name of the user with
// handler.ParseHeader(req, handler.HeaderAuthorization).
type BasicAuth struct {
	// Realm is shown to the user. Default "Restricted".
	Realm string

	// Users are the passwords by the names. Passwords are compared in
	// constant time.
	Users map[string]string

	// Check reports whether the password is that of the user, instead of
	// Users: for passwords that are stored as hashes, as they should be. It
	// is called concurrently, and takes as long for a user that doesn't
	// exist, or it tells which do.
	Check func(user, password string) bool

	// Only reports whether a request needs a password. Default: all do.
	// Behind protocol.RouterMiddleware decide by req.Route().Pattern; a path
	// can be written in many ways.
	Only func(req *handler.Request) bool
}

// Validate is for the protocol.
func (b BasicAuth) Validate() error {
	if (b.Users == nil) == (b.Check == nil) {
		return errors.New("BasicAuth has both or neither of Users and Check; one of them is required")
	}
	for user := range b.Users {
		if strings.Contains(user, ":") {
			return fmt.Errorf(`BasicAuth.Users has %q; a name without ":" is allowed`, user)
		}
	}
	if strings.ContainsFunc(b.Realm, func(c rune) bool { return c < ' ' || c > '~' }) {
		return fmt.Errorf("BasicAuth.Realm is %q; printable ASCII is allowed", b.Realm)
	}
	return nil
}

// Execute asks for the password.
func (b BasicAuth) Execute(req *handler.Request, _ *handler.Env) (protocol.Next, error) {
	if b.Only != nil && !b.Only(req) {
		return protocol.Continue, nil
	}
	c, err := handler.ParseHeader(req, handler.HeaderAuthorization)
	if err == nil && c.Scheme == "basic" && b.check(c.User, c.Password) {
		return protocol.Continue, nil
	}
	if err := req.SetRespHeader("WWW-Authenticate", b.challenge()); err != nil {
		return protocol.Stop, err
	}
	return protocol.Stop, req.ReplyStatus(http.StatusUnauthorized)
}

func (b BasicAuth) check(user, password string) bool {
	if b.Check != nil {
		return b.Check(user, password)
	}
	want, known := b.Users[user]
	return equal(password, want) && known
}

// equal takes as long for any two texts, but for the time to hash them.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

var quote = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// challenge is the value of WWW-Authenticate (RFC 7617, sections 2 and 2.1).
func (b BasicAuth) challenge() string {
	realm := b.Realm
	if realm == "" {
		realm = "Restricted"
	}
	return `Basic realm="` + quote.Replace(realm) + `", charset="UTF-8"`
}

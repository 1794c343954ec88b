package listener_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

// certificate makes one for localhost, and returns it as files too.
func certificate(t *testing.T) (files listener.TLS, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)

	folder := t.TempDir()
	files = listener.TLS{CertFile: filepath.Join(folder, "cert.pem"), KeyFile: filepath.Join(folder, "key.pem")}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	require.NoError(t, os.WriteFile(files.CertFile, certPEM, 0o600))
	require.NoError(t, os.WriteFile(files.KeyFile, keyPEM, 0o600))
	roots = x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(certPEM))
	return files, roots
}

func startTLS(t *testing.T, options listener.Options, protocolOptions protocol.Options) (*listener.Listener, *tls.Config) {
	t.Helper()
	files, roots := certificate(t)
	options.Addr, options.TLS = "127.0.0.1:0", files
	l, err := listener.StartTLS(t.Name(), options, protocolOptions)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Stop(limited(t)) })
	return l, &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// secure returns a client for one version of HTTP, or for any.
func secure(t *testing.T, config *tls.Config, http1, http2 bool) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(http1)
	protocols.SetHTTP2(http2)
	transport := &http.Transport{TLSClientConfig: config.Clone(), Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func version(req *handler.Request) (*handler.Upgrade, error) {
	return nil, req.ReplyText(200, req.Scheme()+" "+req.Version())
}

func fetch(t *testing.T, client *http.Client, l *listener.Listener) string {
	t.Helper()
	response, err := client.Get("https://" + l.Addr().String())
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func TestALPN(t *testing.T) {
	l, config := startTLS(t, listener.Options{}, with(version))
	assert.Equal(t, "https HTTP/2", fetch(t, secure(t, config, true, true), l))
	assert.Equal(t, "https HTTP/1.1", fetch(t, secure(t, config, true, false), l))
	assert.Equal(t, "ssl", l.Info().Transport)
	assert.Equal(t, 2, l.Info().ActiveConnections)
}

func TestALPNFollowsProtocols(t *testing.T) {
	options := with(version)
	options.Protocols.SetHTTP1(true)
	l, config := startTLS(t, listener.Options{}, options)
	assert.Equal(t, "https HTTP/1.1", fetch(t, secure(t, config, true, true), l))
	require.NoError(t, l.SetProtocolOptions(with(version)))
	assert.Equal(t, "https HTTP/2", fetch(t, secure(t, config, true, true), l))
}

func TestTLSConfig(t *testing.T) {
	files, roots := certificate(t)
	pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	require.NoError(t, err)
	l, err := listener.StartTLS(t.Name(), listener.Options{
		Addr:      "127.0.0.1:0",
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}},
	}, with(version))
	require.NoError(t, err)
	defer func() { _ = l.Stop(limited(t)) }()
	client := secure(t, &tls.Config{RootCAs: roots, ServerName: "localhost"}, true, true)
	assert.Equal(t, "https HTTP/1.1", fetch(t, client, l))
}

func TestBadTLS(t *testing.T) {
	files, _ := certificate(t)
	tests := map[string]listener.Options{
		"have no certificate": {},
		`CertFile "missing"`:  {TLS: listener.TLS{CertFile: "missing", KeyFile: files.KeyFile}},
		`KeyFile ""`:          {TLS: listener.TLS{CertFile: files.CertFile}},
	}
	for message, options := range tests {
		options.Addr = "127.0.0.1:0"
		_, err := listener.StartTLS(t.Name(), options, say("hi"))
		assert.ErrorContains(t, err, message)
	}
}

func TestHandshakeTimeout(t *testing.T) {
	l, _ := startTLS(t, listener.Options{HandshakeTimeout: 20 * time.Millisecond}, say("hi"))
	dial(t, l).closed()
	eventually(t, func() bool { return l.Info().Ended == 1 }, "it is counted out")
}

func TestHandshakesDoNotHoldUpOthers(t *testing.T) {
	l, config := startTLS(t, listener.Options{NumAcceptors: 1, HandshakeTimeout: listener.Infinity}, with(version))
	silent := dial(t, l)
	assert.Equal(t, "https HTTP/1.1", fetch(t, secure(t, config, true, false), l))
	assert.Equal(t, 2, l.Info().ActiveConnections, "a handshake counts")
	require.NoError(t, l.Stop(limited(t)))
	silent.closed()
	assert.Zero(t, l.Info().AllConnections)
}

func TestPlainHTTPToTLS(t *testing.T) {
	l, _ := startTLS(t, listener.Options{}, say("hi"))
	p := dial(t, l)
	p.request()
	status, body := p.reply()
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "https")
}

func TestUpgradeOverTLS(t *testing.T) {
	took := make(chan net.Conn, 1)
	l, config := startTLS(t, listener.Options{}, lines{took: func(c net.Conn) { took <- c }}.options())
	conn, err := tls.Dial("tcp", l.Addr().String(), config)
	require.NoError(t, err)
	p := newPeer(t, conn)
	p.upgrade()
	assert.IsType(t, (*tls.Conn)(nil), <-took)
	assert.Equal(t, 0, l.Info().ActiveConnections)
	require.NoError(t, l.Stop(limited(t)))
	assert.Equal(t, "bye\n", p.line())
}

func TestStopFinishesHTTP2(t *testing.T) {
	w := newWaiting()
	l, config := startTLS(t, listener.Options{}, w.options())
	client := secure(t, config, false, true)
	got := make(chan string, 1)
	go func() { got <- fetch(t, client, l) }()
	<-w.began
	stopped := stopping(l, limited(t))
	eventually(t, func() bool { return l.Status() == listener.Stopped }, "it is stopping")
	close(w.goOn)
	assert.Equal(t, "done", <-got)
	require.NoError(t, <-stopped)
}

func TestStopCutsHTTP2(t *testing.T) {
	began := make(chan struct{}, 1)
	l, config := startTLS(t, listener.Options{Shutdown: listener.BrutalKill}, untilCut(began))
	failed := make(chan error, 1)
	go func() {
		response, err := secure(t, config, false, true).Get("https://" + l.Addr().String())
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	<-began
	require.NoError(t, l.Stop(limited(t)))
	require.Error(t, <-failed)
	assert.Zero(t, l.Info().AllConnections)
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/listener"
)

func TestHelloWorld(t *testing.T) {
	o, err := options("127.0.0.1:0", listener.TLS{})
	require.NoError(t, err)
	l, err := listener.StartTLS("", o, server())
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Stop(context.Background())) }()
	roots := x509.NewCertPool()
	roots.AddCert(served(t, l))

	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		protocols := new(http.Protocols)
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(http2)
		client := http.Client{Transport: &http.Transport{
			Protocols:       protocols,
			TLSClientConfig: &tls.Config{RootCAs: roots},
		}}
		response, err := client.Get("https://" + l.Addr().String() + "/")
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		client.CloseIdleConnections()
		assert.Equal(t, 200, response.StatusCode)
		assert.Equal(t, "Hello, World! This is "+name+".\n", string(body))
	}
}

// served is the certificate that the listener shows.
func served(t *testing.T, l *listener.Listener) *x509.Certificate {
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	return conn.ConnectionState().PeerCertificates[0]
}

func TestFilesAreUsed(t *testing.T) {
	o, err := options("127.0.0.1:0", listener.TLS{CertFile: "missing.pem", KeyFile: "missing.key"})
	require.NoError(t, err)
	_, err = listener.StartTLS("", o, server())
	assert.ErrorContains(t, err, "missing.pem")
}

package options_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/internal/options"
)

type Options struct{ N int }

func TestOne(t *testing.T) {
	one, err := options.One[Options]("x: F", nil)
	assert.NoError(t, err)
	assert.Equal(t, Options{}, one)

	one, err = options.One("x: F", []Options{{N: 3}})
	assert.NoError(t, err)
	assert.Equal(t, Options{N: 3}, one)

	_, err = options.One("x: F", []Options{{}, {}})
	assert.EqualError(t, err, "x: F takes at most one options_test.Options; it was given 2")
}

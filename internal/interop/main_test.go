package interop

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

package lab

import (
	"os"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Run(m)) }

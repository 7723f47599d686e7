//go:build unix

package load_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/cli"
	"github.com/bapsang/bapsang/connectors/confine"
)

// asMain makes the test binary be the program, so that a fleet needs no other.
const asMain = "BAPSANG_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	confine.Main(cli.Roles())
	if os.Getenv(asMain) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.LookupEnv}))
	}
	code := m.Run()
	company.remove()
	os.Exit(code)
}

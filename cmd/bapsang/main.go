// Command bapsang is a data analyst that lives where people chat.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // people name time zones, and an image may have none

	"github.com/bapsang/bapsang/cmd/bapsang/cli"
	"github.com/bapsang/bapsang/connectors/confine"
)

func main() {
	confine.Main(cli.Roles())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.LookupEnv})
	stop()
	os.Exit(code)
}

package workers_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

// asParent is set in a process that these tests start to be the parent of workers, and end.
const asParent = "BAPSANG_TEST_PARENT"

func TestMain(m *testing.M) {
	confine.Main(map[string]func(in io.Reader, out io.Writer) int{
		"toy": workers.Serve(openToy, refusedToy), "stranger": stranger,
	})
	if os.Getenv(asParent) != "" {
		os.Exit(parent())
	}
	goleak.VerifyTestMain(m)
}

// toyOpen is what a toy is opened with.
type toyOpen struct {
	Refuse string // the engine cannot be opened, for this reason
	Mute   bool   // it never is
}

// toy is an engine whose statements are words: what to do, and with what.
type toy struct {
	asked int
	heap  [][]byte
}

func openToy(_ context.Context, with toyOpen) (workers.Engine, error) {
	if with.Refuse != "" {
		return nil, errors.New(with.Refuse)
	}
	if with.Mute {
		hang()
	}
	return &toy{}, nil
}

func refusedToy(_ toyOpen, err error) workers.End {
	return workers.End{Code: connectors.CodeBadData, Message: "The toy is broken.", Korean: "장난감이 망가졌습니다.", Fix: "Mend it.", Detail: err.Error()}
}

func (*toy) Close() {}

func (*toy) Failure(ctx context.Context, err error) workers.End {
	if over := kit.Ended(ctx, err); over != nil {
		return workers.End{Code: over.Code, Message: over.Message}
	}
	if err.Error() == "broken" {
		return workers.End{Code: connectors.CodeInternal, Message: "broken", Broken: true}
	}
	var own *connectors.Error
	if errors.As(err, &own) {
		return workers.End{Code: own.Code, Message: own.Message}
	}
	return workers.End{Code: connectors.CodeSQL, Message: err.Error(), Korean: "안 됩니다.", Fix: "Ask otherwise."}
}

// hang heeds nothing, as a library does that is in a loop of its own.
func hang() {
	for forever := make(chan struct{}); ; {
		<-forever
	}
}

func (e *toy) Query(ctx context.Context, req workers.Request, out *workers.Sink) error {
	e.asked++
	words := strings.Fields(req.SQL)
	number := func(i int) int {
		n, _ := strconv.Atoi(words[i])
		return n
	}
	switch words[0] {
	case "who": // which process this is, and how often it was asked
		return answer(out, []any{int64(os.Getpid()), int64(e.asked)})
	case "kinds":
		return answer(out, kinds...)
	case "rows": // so many of so many bytes
		return rows(out, number(1), strings.Repeat("x", number(2)))
	case "wide": // a row of so many columns
		return answer(out, make([]any, number(1)))
	case "wait": // until the time is up
		<-ctx.Done()
		return ctx.Err()
	case "hang":
		hang()
	case "spin": // as one that has much to compute
		for n := 0; ; n++ {
			if n < 0 {
				n = 0
			}
		}
	case "hold": // memory, without end
		for {
			block := make([]byte, 1<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			e.heap = append(e.heap, block)
		}
	case "exit":
		os.Exit(number(1))
	case "panic":
		panic("of the engine")
	case "print": // what is no answer
		fmt.Fprintln(os.Stdout, strings.Repeat("not a frame ", 1000))
		return answer(out, []any{"printed"})
	case "broken":
		return errors.New("broken")
	}
	return fmt.Errorf("no %s", words[0])
}

// kinds are rows of every kind of cell, one to a row.
var kinds = [][]any{
	{nil}, {true}, {false}, {int64(-1 << 63)}, {int64(1<<63 - 1)}, {0.0}, {-1.5e308}, {connectors.Decimal("12345678901234567890.123")},
	{""}, {"밥상\x00\n'\""}, {strings.Repeat("가", 30_000)}, {time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC)}, {time.Date(-4711, 1, 1, 0, 0, 0, 0, time.UTC)},
}

func answer(out *workers.Sink, rows ...[]any) error {
	columns := make([]connectors.Column, len(rows[0]))
	for i := range columns {
		columns[i] = connectors.Column{Name: "열" + strconv.Itoa(i), Type: "ANY"}
	}
	if err := out.Columns(columns); err != nil {
		return err
	}
	for _, r := range rows {
		if more, err := out.Row(r); err != nil || !more {
			return err
		}
	}
	return nil
}

func rows(out *workers.Sink, n int, cell string) error {
	if err := out.Columns([]connectors.Column{{Name: "x"}}); err != nil {
		return err
	}
	for range n {
		if more, err := out.Row([]any{cell}); err != nil || !more {
			return err
		}
	}
	return nil
}

// strange is what a stranger says once it is opened, once it is asked, and how often again
// then, in hexadecimal.
type strange struct {
	Opened, Asked, Again string
	Times                int
	Stays                bool // and says nothing more, instead of ending
}

// stranger is a worker that something has taken over: it says whatever bytes it likes.
func stranger(in io.Reader, out io.Writer) int {
	r := bufio.NewReader(in)
	with := strange{}
	if !received(r, &with) {
		return 1
	}
	say := func(text string, times int) {
		b, _ := hex.DecodeString(text)
		for range times {
			if _, err := out.Write(b); err != nil {
				os.Exit(0)
			}
		}
	}
	say(with.Opened, 1)
	if !received(r, nil) {
		return 1
	}
	say(with.Asked, 1)
	say(with.Again, with.Times)
	if with.Stays {
		hang()
	}
	return 0
}

// configure describes a pool of toys.
func configure(n int) workers.Config {
	return workers.Config{
		Name: "toy", Source: "shop", Role: "toy", Open: toyOpen{}, Workers: n, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler),
		Limits: confine.Limits{AddressSpace: 4 << 30},
	}
}

// start starts a pool, and sees in the end that it left no process.
func start(t testing.TB, cfg workers.Config) *workers.Pool {
	t.Helper()
	p, err := workers.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		if left := connectorstest.Children(t); len(left) > 0 {
			t.Errorf("processes %v are left", left)
		}
	})
	return p
}

// who is the process that answers next, and how often it has been asked.
func who(t testing.TB, p *workers.Pool) (pid, asked int64) {
	t.Helper()
	res, err := p.Run(t.Context(), workers.Request{SQL: "who"})
	if err != nil {
		t.Fatal(err)
	}
	return res.Rows[0][0].(int64), res.Rows[0][1].(int64)
}

// fails runs what should fail with a code.
func fails(t testing.TB, p *workers.Pool, sql string, timeout time.Duration, code connectors.Code) connectors.Error {
	t.Helper()
	_, err := p.Run(t.Context(), workers.Request{SQL: sql, Timeout: timeout})
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("%s: %v, not %s", sql, err, code)
	}
	return *e
}

// parent has a worker that is asked what the environment says, says who it is, and stays
// until it is ended.
func parent() int {
	p, err := workers.Start(context.Background(), configure(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	res, err := p.Run(context.Background(), workers.Request{SQL: "who"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		_, _ = p.Run(context.Background(), workers.Request{SQL: os.Getenv(asParent), Timeout: time.Minute})
	}()
	fmt.Fprintln(os.Stdout, res.Rows[0][0])
	hang()
	return 0
}

package kit_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadLists(t *testing.T) {
	got := kit.ReadLists("# what may be called\nzero\n[functions]\nabs  avg\n\n # not this\n[tables]\nunnest\n[ ]\n[functions]\n[]\nlast [1] ]x\n")
	want := map[string]kit.Names{
		"": {"zero": true, "last": true, "[1]": true, "]x": true}, "functions": {"abs": true, "avg": true}, "tables": {"unnest": true}, " ": {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		got  *connectors.Error
		code connectors.Code
		want string
	}{
		"plain":           {kit.CheckText("SELECT '밥상'", 100), "", ""},
		"too long":        {kit.CheckText(strings.Repeat("x", 101), 100), connectors.CodeDenied, "longer than 100 bytes"},
		"NUL":             {kit.CheckText("SELECT 1\x00; DROP", 100), connectors.CodeDenied, "plain text"},
		"no UTF-8":        {kit.CheckText("SELECT '\xb9\xe4'", 100), connectors.CodeDenied, "plain text"},
		"flat enough":     {kit.CheckBrackets(strings.Repeat("(x)", 50), 3), "", ""},
		"deep":            {kit.CheckBrackets("(([[x]]))", 3), connectors.CodeDenied, "nested"},
		"a long name":     {kit.DenyTable(strings.Repeat("밥", 100)), connectors.CodeDenied, `"` + strings.Repeat("밥", 60) + `…" is not`},
		"a name in lines": {kit.DenyFunction("a\n\"b"), connectors.CodeDenied, `The function "a\n\"b" is not allowed.`},
		"parser":          {kit.NotParsed("syntax error\n  at x.!"), connectors.CodeSQL, "cannot be parsed: syntax error at x."},
		"long parser":     {kit.NotParsed(strings.Repeat("가 ", 1000)), connectors.CodeSQL, "…."},
	} {
		t.Run(name, func(t *testing.T) {
			if c.code == "" {
				if c.got != nil {
					t.Error(c.got)
				}
				return
			}
			if c.got == nil || c.got.Code != c.code || !strings.Contains(c.got.Message, c.want) || len([]rune(c.got.Message)) > 500 {
				t.Errorf("got %v", c.got)
			}
		})
	}
}

func TestEnded(t *testing.T) {
	cause := errors.New("broken pipe")
	if e := kit.Ended(t.Context(), cause); e != nil {
		t.Error(e)
	}
	late, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	if e := kit.Ended(late, cause); e.Code != connectors.CodeTimeout || !errors.Is(e, cause) {
		t.Error(e)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if e := kit.Ended(gone, cause); e.Code != connectors.CodeCancelled {
		t.Error(e)
	}
}

// The end of a source ends what its users do, waits for them, and lets nobody in.
func TestLife(t *testing.T) {
	opening, opened := context.WithCancel(t.Context())
	life := kit.NewLife(opening)
	opened()
	if life.Over() {
		t.Fatal("over with the call that began it")
	}
	if !life.Enter() {
		t.Fatal("not let in")
	}
	during, stop := life.During(t.Context())
	defer stop()
	var left atomic.Bool
	go func() {
		<-during.Done()
		left.Store(true)
		life.Leave()
	}()
	work := make(chan error, 1)
	life.Go(func(ctx context.Context) {
		<-ctx.Done()
		work <- ctx.Err()
	})
	if !life.End() || !left.Load() || <-work == nil {
		t.Error("the end did not wait")
	}
	if life.End() || life.Enter() || life.Go(func(context.Context) { t.Error("let in") }) || !life.Over() {
		t.Error("used after its end")
	}
	// Whoever comes after the end is told at once.
	after, stop := life.During(t.Context())
	defer stop()
	<-after.Done()
}

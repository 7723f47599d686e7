package cli_test

import (
	"flag"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// forms are the fields of what the last release wrote into the store.
const forms = "testdata/release/forms.txt"

var writeForms = flag.Bool("write-forms", false, "write "+forms+" anew, as this program writes")

// keepers are the files whose structs with JSON tags are in documents and jobs.
var keepers = []string{
	"agent/*.go", "agent/calendar/book/*.go", "agent/chart/spec.go", "agent/compose/plan.go", "agent/llm/budget.go", "agent/semantic/query.go", "agent/think/journal.go",
	"bot/*.go", "bot/curator/*.go", "bot/desk/*.go", "bot/digest/*.go", "bot/teams/journal.go", "bot/usage/*.go", "bot/web/*.go",
	"cmd/bapsang/internal/fleet/*.go", "connectors/quota/*.go", "store/blob/*.go",
}

// TestWrittenFormsStay holds the names and types of fields that the last release wrote. A
// field that is gone, or of another type, is one that this release does not read from the
// documents of that one, nor that one from those of this. New fields are no matter.
func TestWrittenFormsStay(t *testing.T) {
	t.Parallel()
	var now []string
	for _, pattern := range keepers {
		dir := filepath.ToSlash(filepath.Dir(pattern))
		files, err := filepath.Glob(filepath.Join("../../..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				now = append(now, formsOf(t, dir, file)...)
			}
		}
	}
	slices.Sort(now)
	if *writeForms {
		if err := os.WriteFile(forms, []byte(strings.Join(now, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(forms)
	if err != nil {
		t.Fatal(err)
	}
	was := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(was) < 300 {
		t.Fatalf("only %d fields are known", len(was))
	}
	for _, field := range was {
		if _, there := slices.BinarySearch(now, field); !there {
			t.Errorf("the last release wrote %s. Keep it, and let a new meaning be a new field (docs/releasing.md, \"What a release may change\"). "+
				"If no document holds it, or it is written as before under another name in Go: go test -run TestWrittenFormsStay ./cmd/bapsang/cli -write-forms", field)
		}
	}
}

// formsOf are lines "package type field GoType" of a file's structs.
func formsOf(t *testing.T, dir, file string) (out []string) {
	t.Helper()
	parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range fields.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
			if name != "" && name != "-" {
				out = append(out, strings.Join([]string{dir, spec.Name.Name, name, types.ExprString(f.Type)}, " "))
			}
		}
		return true
	})
	return out
}

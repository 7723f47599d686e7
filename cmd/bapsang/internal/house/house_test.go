package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bapsang/bapsang/"

// allowed says what a package may import of ours, by the longest matching prefix of
// its path. "x" allows x itself, "x/..." what lies below it too.
var allowed = map[string][]string{
	"bot":        {},
	"connectors": {},
	"store":      {},

	"bot/bottest":                           {"bot"},
	"connectors/connectorstest":             {"connectors"},
	"store/storetest":                       {"store"},
	"store/storetest/pgtest":                {}, // a server, for the tests of any package
	"connectors/connectorstest/mariadbtest": {}, // likewise

	"connectors/confine":    {},
	"connectors/progress":   {},
	"connectors/quota":      {"connectors", "store"}, // its state is a document
	"connectors/egress":     {"connectors"},
	"connectors/rest":       {"connectors"},
	"connectors/searxng":    {"connectors", "connectors/rest"},
	"connectors/brave":      {"connectors", "connectors/rest"},
	"connectors/tavily":     {"connectors", "connectors/rest"},
	"connectors/naver":      {"connectors", "connectors/rest"},
	"connectors/exa":        {"connectors", "connectors/rest"},
	"connectors/confluence": {"connectors", "connectors/rest"},
	"connectors/msgraph":    {"connectors", "connectors/rest"},
	// An engine that is a library lives in child processes.
	"connectors/workers": {"connectors", "connectors/confine", "connectors/kit"},
	"connectors/duckdb":  {"connectors", "connectors/confine", "connectors/kit", "connectors/workers"},
	"connectors/sqlite":  {"connectors", "connectors/confine", "connectors/kit", "connectors/workers"},
	// Files of every kind become one DuckDB database, which the other driver serves.
	"connectors/across": {"connectors"},
	"connectors/files":  {"connectors", "connectors/confine", "connectors/duckdb", "connectors/progress"},
	// What its drivers have in common.
	"store/kit":      {"store"},
	"store/bolt":     {"store", "store/kit"},
	"store/postgres": {"store", "store/kit"},
	"store/blob":     {"store"},
	// What lies outside the house is reached through one guarded client.
	"connectors/outward": {"connectors"},
	"connectors/pages":   {"connectors", "connectors/outward"},
	"connectors/rss":     {"connectors", "connectors/outward"},
	"connectors/ics":     {"connectors", "connectors/outward"},
	"connectors/mcp":     {"connectors", "connectors/outward"},

	// The web chat is the platform itself, so it keeps what Slack keeps for Slack.
	"bot/web": {"bot", "bot/layout", "store"},
	// What reports are made of, and the report.
	"bot/usage":  {"store"},
	"bot/report": {"bot", "bot/digest", "bot/usage", "agent/chart", "agent/figures", "agent/format", "store"},
	// What platforms lay out alike, and how those who send to one wait for each other.
	"bot/layout": {"bot"},
	"bot/outbox": {"bot"},
	// One platform in three parts: what is shown, how it is sent, and the driver.
	"bot/slack":           {"bot", "bot/layout", "bot/outbox", "bot/slack/..."},
	"bot/slack/blocks":    {"bot", "bot/layout"},
	"bot/slack/client":    {"bot", "bot/outbox"},
	"bot/teams":           {"bot", "bot/layout", "bot/outbox", "bot/teams/..."},
	"bot/teams/cards":     {"bot", "bot/layout"},
	"bot/teams/connector": {"bot", "bot/outbox"},
	"bot/standin":         {},
	"bot/teams/teamstest": {"bot/standin"},
	"bot/slack/slacktest": {"bot/standin"}, // a server, so that its peers are the driver and Slack's own clients alike
	"bot/api":             {"bot", "bot/desk", "agent", "store"},
	"bot/digest":          {"bot", "bot/digest/schedule", "bot/usage", "store"},
	"bot/digest/schedule": {},
	"bot/digest/orders":   {"bot", "bot/desk", "bot/digest", "bot/digest/schedule", "agent/figures", "agent/format"},
	"bot/digest/render":   {"bot", "bot/answer", "bot/digest", "agent", "agent/calendar", "connectors"},
	"bot/curator": {
		"bot", "bot/desk", "agent/calendar", "agent/calendar/book", "agent/calendar/extract", "agent/figures", "agent/scout", "store",
	},
	"bot/herald": {"bot", "agent/drift", "agent/figures", "connectors", "store"},
	"bot/answer": {"bot", "agent", "agent/calendar", "agent/chart", "agent/figures", "agent/semantic"},
	"bot/desk": {
		"bot", "bot/answer", "bot/usage", "agent", "agent/chart", "agent/compose", "agent/degrade", "agent/figures", "agent/format", "agent/semantic", "connectors",
		"connectors/progress", "store",
	},

	"agent/semantic": {},
	"agent/format":   {},
	"agent/analysis": {},
	"agent/calendar": {},
	// What people confirmed lies in the store; a page is read without anybody being asked.
	"agent/calendar/book":     {"agent/calendar", "agent/calendar/exchange", "agent/calendar/extract", "store"},
	"agent/calendar/exchange": {"agent/calendar"},
	"agent/calendar/extract":  {},
	"agent/scout":             {"agent/calendar", "agent/calendar/book", "agent/calendar/extract", "connectors"},
	"agent/almanac":           {"agent/calendar", "agent/period", "agent/semantic"},
	"agent/knowledge":         {},
	"agent/degrade":           {}, // it is told figures, and nothing of where they are from
	"agent/agenttest":         {}, // a server, so that its peers are the client and curl alike
	"agent/chart":             {"agent/format"},
	"agent/figures":           {"agent/format"},
	"agent/period":            {"agent/calendar", "agent/semantic", "agent/format"},
	"agent/compose":           {"agent/calendar", "agent/format", "agent/period", "agent/semantic"},
	"agent/draft":             {"agent/semantic", "connectors"},
	"agent/drift":             {"agent/format", "agent/semantic", "connectors", "store"},
	"agent/analyst":           {"agent", "agent/draft", "agent/semantic", "connectors"},
	"agent/llm":               {"connectors", "store"},
	"agent/llm/openai":        {"agent/llm"},
	"agent/think": {
		"agent/analysis", "agent/figures", "agent/format", "agent/knowledge", "agent/llm", "agent/period", "agent/semantic", "connectors", "store",
	},
	"agent/eval": {"connectors"},
	"agent":      {"agent/...", "connectors", "store"},

	"cmd": {"..."},
	// Of the program, and yet knows nothing of it: others start it with what they have.
	"cmd/bapsang/internal/telemetry": {},
	// Asks like anybody else, over HTTP.
	"cmd/bapsang/internal/load":  {"agent/agenttest"},
	"cmd/bapsang/internal/fleet": {"store", "bot/outbox"},
}

func TestImportsPointInwards(t *testing.T) {
	t.Parallel()
	eachFile(t, func(path string, _ *token.FileSet, f *ast.File) {
		pkg := filepath.ToSlash(filepath.Dir(path))
		test := strings.HasSuffix(path, "_test.go")
		for _, imp := range f.Imports {
			target, _ := strconv.Unquote(imp.Path.Value)
			target, ours := strings.CutPrefix(target, module)
			if !ours || target == pkg || test {
				continue
			}
			if rule, ok := ruleFor(pkg); !ok {
				t.Errorf("%s: package %s has no rule here: say what it may import", path, pkg)
			} else if !matches(rule, target) {
				t.Errorf("%s imports %s, which %s must not know", path, target, pkg)
			}
		}
	})
}

func ruleFor(pkg string) ([]string, bool) {
	for p := pkg; ; p = filepath.ToSlash(filepath.Dir(p)) {
		if isContract(p) && p != pkg {
			return []string{p, p + "/kit"}, true // a driver that says no more knows its contract, and what drivers share
		}
		if rule, ok := allowed[p]; ok {
			return append(slices.Clone(rule), p+"/..."), true
		}
		if p == "." || p == "/" {
			return nil, false
		}
	}
}

// isContract packages give no rule of theirs to what lies below them.
func isContract(pkg string) bool { return pkg == "bot" || pkg == "connectors" || pkg == "store" }

func matches(rule []string, target string) bool {
	for _, r := range rule {
		prefix, below := strings.CutSuffix(r, "...")
		if target == r || below && strings.HasPrefix(target+"/", prefix) {
			return true
		}
	}
	return false
}

// The limits are guard rails for the tail, not targets.
const (
	maxFunction = 120
	p90Function = 45
	maxFile     = 800
	maxNesting  = 4
)

func TestFunctionsAndFilesStayReadable(t *testing.T) {
	t.Parallel()
	var lengths []int
	eachFile(t, func(path string, fset *token.FileSet, f *ast.File) {
		if lines := fset.File(f.FileStart).LineCount(); lines > maxFile && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines, the limit is %d", path, lines, maxFile)
		}
		if strings.HasSuffix(path, "_test.go") || testSupport(path) {
			return
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
			lengths = append(lengths, n)
			if n > maxFunction {
				t.Errorf("%s: %s has %d lines, the limit is %d", path, fn.Name.Name, n, maxFunction)
			}
			if depth := nesting(fn.Body); depth > maxNesting {
				t.Errorf("%s: %s nests %d deep, the limit is %d", path, fn.Name.Name, depth, maxNesting)
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s: init() is not allowed: say it where it is wired", path)
			}
		}
	})
	slices.Sort(lengths)
	if p90 := lengths[len(lengths)*9/10]; p90 > p90Function {
		t.Errorf("one function in ten is longer than %d lines, the limit is %d", p90, p90Function)
	}
}

func testSupport(path string) bool {
	return strings.HasSuffix(filepath.Base(filepath.Dir(path)), "test")
}

// nesting is how deep if, for, switch and select stand inside one another.
func nesting(body ast.Node) int {
	deepest := 0
	var stack []bool // for each open node, whether it counts
	depth := 0
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			if stack[len(stack)-1] {
				depth--
			}
			stack = stack[:len(stack)-1]
			return true
		}
		counts := false
		switch n.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			counts = !isElseIf(n, body)
		}
		if counts {
			depth++
			deepest = max(deepest, depth)
		}
		stack = append(stack, counts)
		return true
	})
	return deepest
}

// isElseIf reports whether n is the if of an "else if", which reads as one level.
func isElseIf(n, within ast.Node) bool {
	found := false
	ast.Inspect(within, func(m ast.Node) bool {
		if i, ok := m.(*ast.IfStmt); ok && i.Else == n {
			found = true
		}
		return !found
	})
	return found
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	eachFile(t, func(path string, _ *token.FileSet, f *ast.File) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		said[dir] = said[dir] || f.Doc != nil && len(f.Doc.Text()) > 20
		for _, d := range f.Decls {
			checkDocumented(t, path, d)
		}
	})
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func checkDocumented(t *testing.T, path string, d ast.Decl) {
	t.Helper()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || receiverExported(d)) && !standard[d.Name.Name] {
			t.Errorf("%s: exported %s has no comment", path, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
				t.Errorf("%s: exported type %s has no comment", path, ts.Name.Name)
			}
		}
	}
}

// standard are methods whose meaning their interface gives.
var standard = map[string]bool{
	"Error": true, "Unwrap": true, "Is": true, "String": true, "Close": true, "Len": true, "Less": true, "Swap": true,
}

func receiverExported(d *ast.FuncDecl) bool {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}

func TestNoSleepInTests(t *testing.T) {
	t.Parallel()
	eachFile(t, func(path string, fset *token.FileSet, f *ast.File) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Sleep" {
				return true
			}
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == "time" {
				t.Errorf("%s: time.Sleep in a test: wait for what should happen", fset.Position(n.Pos()))
			}
			return true
		})
	})
}

// eachFile parses every Go file of the repository.
func eachFile(t *testing.T, fn func(path string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..", "..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "node_modules" || len(name) > 2 && name[0] == '.' {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fn(filepath.ToSlash(rel), fset, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

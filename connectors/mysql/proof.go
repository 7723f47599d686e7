package mysql

import (
	_ "embed"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver" // the parser's values; the other driver of it is a whole database
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

const (
	// maxStatement bounds the text of a statement in bytes.
	maxStatement = 32 << 10
	// maxBrackets bounds how deeply a text nests before it reaches the parser, and maxDepth
	// the nesting of a parsed statement.
	maxBrackets = 400
	maxDepth    = 3000
	// maxFill is the length that a text may be filled up or repeated to.
	maxFill = 100_000
	// maxAlias is the longest name that both engines give to a column of a derived table.
	maxAlias = 64
)

//go:embed functions.txt
var functionsText string

// functions are what statements of each kind of server may call.
var functions = readFunctions(functionsText)

func readFunctions(text string) map[flavor]kit.Names {
	lists := kit.ReadLists(text)
	out := map[flavor]kit.Names{}
	for _, f := range []flavor{mysqlServer, mariadbServer} {
		out[f] = lists[string(f)]
		maps.Copy(out[f], lists["functions"])
	}
	return out
}

// nodes are what a statement may consist of. Not among them are whatever writes or locks,
// INTO, variables, parameters, hints, and what nobody has looked at.
var nodes = setOf(
	ast.SelectStmt{}, ast.SelectStmtOpts{}, ast.SetOprStmt{}, ast.SetOprSelectList{}, ast.WithClause{}, ast.CommonTableExpression{},
	ast.TableRefsClause{}, ast.Join{}, ast.TableSource{}, ast.TableName{}, ast.IndexHint{}, ast.OnCondition{}, ast.FieldList{},
	ast.SelectField{}, ast.WildCardField{}, ast.GroupByClause{}, ast.HavingClause{}, ast.ByItem{}, ast.OrderByClause{}, ast.Limit{},
	ast.WindowSpec{}, ast.PartitionByClause{}, ast.FrameClause{}, ast.FrameExtent{}, ast.FrameBound{}, ast.BetweenExpr{},
	ast.BinaryOperationExpr{}, ast.CaseExpr{}, ast.WhenClause{}, ast.SubqueryExpr{}, ast.CompareSubqueryExpr{}, ast.ColumnName{},
	ast.ColumnNameExpr{}, ast.ExistsSubqueryExpr{}, ast.PatternInExpr{}, ast.IsNullExpr{}, ast.IsTruthExpr{}, ast.PatternLikeOrIlikeExpr{},
	ast.ParenthesesExpr{}, ast.PositionExpr{}, ast.PatternRegexpExpr{}, ast.RowExpr{}, ast.UnaryOperationExpr{}, ast.MatchAgainst{},
	ast.SetCollationExpr{}, ast.FuncCallExpr{}, ast.FuncCastExpr{}, ast.TrimDirectionExpr{}, ast.AggregateFuncExpr{}, ast.WindowFuncExpr{},
	ast.TimeUnitExpr{}, ast.GetFormatSelectorExpr{}, ast.CIStr{},
)

func setOf(values ...any) map[reflect.Type]bool {
	out := map[reflect.Type]bool{}
	for _, v := range values {
		out[reflect.TypeOf(v)] = true
	}
	return out
}

// words say what a refused node is to whoever wrote it.
var words = map[reflect.Type]string{
	reflect.TypeFor[ast.SelectIntoOption]():   "INTO",
	reflect.TypeFor[ast.SelectLockInfo]():     "a lock",
	reflect.TypeFor[ast.VariableExpr]():       "a variable",
	reflect.TypeFor[ast.TableOptimizerHint](): "a hint",
	reflect.TypeFor[ast.TableSample]():        "TABLESAMPLE",
	reflect.TypeFor[ast.AsOfClause]():         "AS OF",
	reflect.TypeFor[ast.DefaultExpr]():        "DEFAULT",
	reflect.TypeFor[ast.ValuesExpr]():         "VALUES",
	reflect.TypeFor[ast.TableNameExpr]():      "a sequence",
	reflect.TypeFor[driver.ParamMarkerExpr](): "a parameter",
}

// place is a table: its database and its name.
type place struct{ schema, name string }

// relations say what a statement may read and call, as the catalogue has it.
type relations struct {
	server  flavor
	first   string            // the database that names without one mean
	tables  map[place]bool    // what may be read
	folded  map[place][]place // the same by their names in small letters
	foreign map[string]bool   // functions of the database, and loadable ones, in small letters
}

// find is the table that a statement means. Names are told apart by their letters' size
// where the database has both; otherwise they need not be: what is sent says the right one.
func (r relations) find(at place) (place, bool) {
	if at.schema == "" {
		at.schema = r.first
	}
	if r.tables[at] {
		return at, true
	}
	if same := r.folded[fold(at)]; len(same) == 1 {
		return same[0], true
	}
	return at, false
}

func fold(at place) place { return place{strings.ToLower(at.schema), strings.ToLower(at.name)} }

// prover proves statements. Its parsers are used again: each holds some hundred kilobytes.
type prover struct{ parsers sync.Pool }

// proven is a statement that may be sent: not as it was written, but as it was read.
type proven struct {
	sql string
	// cuts says that it calls what the server cuts at a length, with a warning only.
	cuts bool
}

// prove decides from a grammar of MySQL whether the text is exactly one SELECT that reads
// only tables and calls only functions that it may, and writes what was read anew: with
// every name quoted and every table with its database, no comments, and at most rows rows.
// What the server reads is so what was proven, however it would have read the text.
func (p *prover) prove(sql string, rel relations, rows int) (out proven, refused *connectors.Error) {
	if refused := checkText(sql); refused != nil {
		return proven{}, refused
	}
	defer func() {
		if recover() != nil { // a parser of another's making
			refused = connectors.Errorf(connectors.CodeDenied, "The statement cannot be read.")
		}
	}()
	tree, refused := p.parse(ownWords(sql))
	if refused != nil {
		return proven{}, refused
	}
	w := &walk{rel: rel, functions: functions[rel.server]}
	if refused := w.value(reflect.ValueOf(tree), nil, 0); refused != nil {
		return proven{}, refused
	}
	limit(tree, uint64(max(rows, 0))+1)
	text, err := restore(tree)
	if err != nil {
		return proven{}, connectors.Errorf(connectors.CodeDenied, "The statement uses something that cannot be written anew.")
	}
	// What was written reads as what was written, or it is not sent.
	again, refused := p.parse(text)
	if refused != nil {
		return proven{}, connectors.Errorf(connectors.CodeDenied, "The statement uses something that cannot be written anew.")
	}
	if same, err := restore(again); err != nil || same != text {
		return proven{}, connectors.Errorf(connectors.CodeDenied, "The statement can be read in more than one way.")
	}
	return proven{text, w.cuts}, nil
}

// checkText refuses what must not even reach the parser.
func checkText(sql string) *connectors.Error {
	if refused := kit.CheckText(sql, maxStatement); refused != nil {
		return refused
	}
	// What is a comment to one server is SQL to another.
	for _, mark := range []string{"/*!", "/*M!", "/*m!", "/*T!", "/*+"} {
		if strings.Contains(sql, mark) {
			return connectors.Errorf(connectors.CodeDenied, "Comments that a server executes, and hints, are not allowed (%s).", mark)
		}
	}
	return kit.CheckBrackets(sql, maxBrackets)
}

// parse reads the text as one SELECT.
func (p *prover) parse(sql string) (ast.StmtNode, *connectors.Error) {
	reader, ok := p.parsers.Get().(*parser.Parser)
	if !ok {
		reader = parser.New()
	}
	list, _, err := reader.Parse(sql, "utf8mb4", "utf8mb4_general_ci")
	list = slices.Clone(list) // the parser's own, which it writes into again
	p.parsers.Put(reader)     // not after a panic
	switch {
	case err != nil:
		return nil, unparsed(sql, err)
	case len(list) == 0:
		return nil, kit.Empty()
	case len(list) > 1:
		return nil, kit.DenyMany()
	}
	switch list[0].(type) {
	case *ast.SelectStmt, *ast.SetOprStmt:
		return list[0], nil
	}
	return nil, connectors.Errorf(connectors.CodeDenied, "Only a single SELECT statement is allowed.")
}

// unparsed says that the grammar does not have the text. A statement that begins with what
// is none of a SELECT is refused for that: the grammar does not know every one of them.
func unparsed(sql string, err error) *connectors.Error {
	first := strings.ToUpper(strings.TrimLeft(sql, "( \t\r\n"))
	if i := strings.IndexFunc(first, func(r rune) bool { return r < 'A' || r > 'Z' }); i >= 0 {
		first = first[:i]
	}
	if statements[first] {
		return connectors.Errorf(connectors.CodeDenied, "Only a single SELECT statement is allowed.")
	}
	return kit.NotParsed(strings.TrimPrefix(err.Error(), "[parser:1064]"))
}

// statements are the words that other statements than SELECT begin with, as far as the
// grammar does not have them whole.
var statements = map[string]bool{
	"ALTER": true, "ANALYZE": true, "BACKUP": true, "BEGIN": true, "BINLOG": true, "CACHE": true, "CALL": true, "CHANGE": true, "CHECK": true,
	"CHECKSUM": true, "COMMIT": true, "CREATE": true, "DEALLOCATE": true, "DECLARE": true, "DELETE": true, "DELIMITER": true, "DESC": true,
	"DESCRIBE": true, "DO": true, "DROP": true, "EXECUTE": true, "EXPLAIN": true, "FLUSH": true, "GET": true, "GRANT": true, "HANDLER": true,
	"HELP": true, "IMPORT": true, "INSERT": true, "INSTALL": true, "KILL": true, "LOAD": true, "LOCK": true, "OPTIMIZE": true, "PREPARE": true,
	"PURGE": true, "RELEASE": true, "RENAME": true, "REPAIR": true, "REPLACE": true, "RESET": true, "RESIGNAL": true, "REVOKE": true,
	"ROLLBACK": true, "SAVEPOINT": true, "SET": true, "SHOW": true, "SHUTDOWN": true, "SIGNAL": true, "START": true, "STOP": true, "TABLE": true,
	"TRUNCATE": true, "UNINSTALL": true, "UNLOCK": true, "UPDATE": true, "USE": true, "VALUES": true, "XA": true,
}

func restore(tree ast.Node) (string, error) {
	var b strings.Builder
	flags := format.RestoreStringSingleQuotes | format.RestoreStringEscapeBackslash | format.RestoreKeyWordUppercase | format.RestoreNameBackQuotes |
		format.RestoreSpacesAroundBinaryOperation | format.RestoreStringWithoutDefaultCharset
	err := tree.Restore(format.NewRestoreCtx(flags, &b))
	return b.String(), err
}

// limit has a statement return no more than so many rows.
func limit(tree ast.StmtNode, rows uint64) {
	var at **ast.Limit
	switch s := tree.(type) {
	case *ast.SelectStmt:
		at = &s.Limit
	case *ast.SetOprStmt:
		at = &s.Limit
	default:
		return
	}
	if *at == nil {
		*at = &ast.Limit{Count: ast.NewValueExpr(rows, "", "")}
		return
	}
	if n, ok := (*at).Count.(*driver.ValueExpr); ok && n.Kind() == driver.KindUint64 && n.GetUint64() <= rows {
		return
	}
	(*at).Count = ast.NewValueExpr(rows, "", "")
}

// walk visits one parsed statement: every field of every node, whatever it is called, so
// that a place which nobody thought of is visited too.
type walk struct {
	rel       relations
	functions kit.Names
	cuts      bool
}

// value visits what a field holds. scope names the common table expressions that are
// visible.
func (w *walk) value(v reflect.Value, scope []string, depth int) *connectors.Error {
	if depth > maxDepth {
		return kit.TooDeep()
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return w.value(v.Elem(), scope, depth)
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return nil
		}
		return w.node(v, scope, depth+1)
	case reflect.Struct:
		return w.node(v.Addr(), scope, depth+1)
	case reflect.Slice:
		for i := range v.Len() {
			if err := w.value(v.Index(i), scope, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// node visits a node, which at points to.
func (w *walk) node(at reflect.Value, scope []string, depth int) *connectors.Error {
	switch x := at.Interface().(type) {
	case *driver.ValueExpr:
		return literal(x)
	case *types.FieldType:
		if x.IsArray() {
			return kit.DenyConstruct("ARRAY")
		}
		return nil
	case *ast.SelectStmt:
		if x.Kind != ast.SelectStmtKindSelect {
			return kit.DenyConstruct(x.Kind.String())
		}
		return w.with(at, x.With, scope, depth)
	case *ast.SetOprStmt:
		return w.with(at, x.With, scope, depth)
	case *ast.SetOprSelectList:
		return w.with(at, x.With, scope, depth)
	case *ast.TableSource:
		if err := w.table(x, scope); err != nil {
			return err
		}
	case *ast.SelectStmtOpts:
		if x.CalcFoundRows || x.SQLBufferResult || !x.SQLCache || x.Priority != 0 {
			return kit.DenyConstruct("SQL_… or a priority")
		}
	case *ast.SelectField:
		named(x)
	case *ast.FuncCallExpr:
		if err := w.call(x); err != nil {
			return err
		}
	case *ast.AggregateFuncExpr:
		if err := w.name(x.F); err != nil {
			return err
		}
	case *ast.WindowFuncExpr:
		if err := w.name(x.Name); err != nil {
			return err
		}
	default:
		if t := at.Type().Elem(); !nodes[t] {
			if word, ok := words[t]; ok {
				return kit.DenyConstruct(word)
			}
			return kit.DenyConstruct(t.Name())
		}
	}
	return w.fields(at.Elem(), scope, depth)
}

func (w *walk) fields(v reflect.Value, scope []string, depth int, skip ...string) *connectors.Error {
	t := v.Type()
	for i := range t.NumField() {
		// What is not exported is the parser's own: texts and places of the nodes.
		if f := t.Field(i); !f.IsExported() || slices.Contains(skip, f.Name) {
			continue
		}
		if err := w.value(v.Field(i), scope, depth); err != nil {
			return err
		}
	}
	return nil
}

// with visits the common table expressions in their order, each seeing those before it, and
// itself where it is recursive, and then the rest of the query.
func (w *walk) with(at reflect.Value, with *ast.WithClause, scope []string, depth int) *connectors.Error {
	if with != nil {
		inner := slices.Clip(scope)
		for _, c := range with.CTEs {
			seen := inner
			if with.IsRecursive {
				seen = append(slices.Clip(inner), c.Name.O)
			}
			if err := w.value(reflect.ValueOf(c.Query), seen, depth+1); err != nil {
				return err
			}
			inner = append(inner, c.Name.O)
		}
		scope = inner
	}
	return w.fields(at.Elem(), scope, depth, "With")
}

// table resolves a table and writes its database into it, so that nothing else of its name
// is meant.
func (w *walk) table(s *ast.TableSource, scope []string) *connectors.Error {
	t, ok := s.Source.(*ast.TableName)
	if !ok {
		return nil
	}
	if t.Schema.O == "" && slices.Contains(scope, t.Name.O) {
		return nil
	}
	at, ok := w.rel.find(place{t.Schema.O, t.Name.O})
	if !ok {
		name := t.Name.O
		if t.Schema.O != "" {
			name = t.Schema.O + "." + name
		}
		return kit.DenyTable(name)
	}
	if s.AsName.O == "" && at.name != t.Name.O {
		s.AsName = t.Name
	}
	t.Schema, t.Name = ast.NewCIStr(at.schema), ast.NewCIStr(at.name)
	return nil
}

// named gives a column without a name the one that the engine would take from the text:
// the text that is sent is another.
func named(f *ast.SelectField) {
	if f.Expr == nil || f.AsName.O != "" {
		return
	}
	switch f.Expr.(type) {
	case *ast.ColumnNameExpr, *driver.ValueExpr:
		return
	}
	text := strings.Join(strings.Fields(f.Text()), " ")
	if runes := []rune(text); len(runes) > maxAlias {
		text = string(runes[:maxAlias])
	}
	f.AsName = ast.NewCIStr(strings.TrimRight(text, " "))
}

// call checks a call by its name, and bounds what fills memory.
func (w *walk) call(f *ast.FuncCallExpr) *connectors.Error {
	if f.Schema.O != "" {
		return kit.DenyFunction(f.Schema.O + "." + f.FnName.O)
	}
	at := -1
	switch f.FnName.L {
	case ast.DateLiteral, ast.TimeLiteral, ast.TimestampLiteral: // DATE '2026-11-22'
		return nil
	case "repeat", "lpad", "rpad":
		at = 1
	case "space":
		at = 0
	}
	if err := w.name(f.FnName.O); err != nil {
		return err
	}
	if at < 0 || at >= len(f.Args) {
		return nil
	}
	n, ok := f.Args[at].(*driver.ValueExpr)
	if !ok || n.Kind() != driver.KindNull && (n.Kind() != driver.KindInt64 && n.Kind() != driver.KindUint64 || n.GetInt64() > maxFill || n.GetInt64() < 0) {
		return connectors.Errorf(connectors.CodeDenied, "The function %s needs a plain number of at most %d as its length.", kit.Quoted(f.FnName.L), maxFill)
	}
	return nil
}

// name checks the name of a function.
func (w *walk) name(name string) *connectors.Error {
	name = strings.ToLower(name)
	if !w.functions[name] || w.rel.foreign[name] {
		return kit.DenyFunction(name)
	}
	switch name {
	case "group_concat", "json_arrayagg", "json_objectagg":
		w.cuts = true
	}
	return nil
}

// literal lets through plain values. A text that says its encoding is read in another by
// the server than by the grammar.
func literal(x *driver.ValueExpr) *connectors.Error {
	switch set := x.Type.GetCharset(); {
	case x.Kind() != driver.KindString && x.Kind() != driver.KindBytes && x.Kind() != driver.KindBinaryLiteral:
	case set != "" && set != "utf8mb4" && set != "utf8" && set != "utf8mb3" && set != "binary":
		return kit.DenyConstruct("_" + set)
	case !utf8.ValidString(x.GetString()) && x.Kind() != driver.KindBinaryLiteral:
		return kit.DenyConstruct("bytes that are no text")
	}
	return nil
}

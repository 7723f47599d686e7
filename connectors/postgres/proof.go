package postgres

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

const (
	// maxStatement bounds the text of a statement in bytes. The longest that is composed or
	// written by a model is a few thousand; what the parser takes grows with the square of
	// how deeply a text nests.
	maxStatement = 32 << 10
	// maxBrackets bounds how deeply a text nests before it reaches the parser, which is C and
	// recurses.
	maxBrackets = 400
	// maxDepth bounds the nesting of a parsed statement: some four levels for each of an
	// expression.
	maxDepth = 3000
	// maxFill is the length that a text may be filled up or repeated to: a gigabyte of x is
	// one short call.
	maxFill = 100_000
)

//go:embed functions.txt
var functionsText string

// allowed is what a statement may call, in FROM as well, and cast to.
var allowed = readAllowed()

type allowList struct{ functions, tables, types kit.Names }

func readAllowed() allowList {
	lists := kit.ReadLists(functionsText)
	list := allowList{functions: lists["functions"], tables: lists["tables"], types: lists["types"]}
	maps.Copy(list.functions, list.tables) // they may stand among the columns as well
	return list
}

// nodes are what a statement may consist of. Not among them are whatever writes (also in
// WITH), INTO, FOR UPDATE, parameters, and what nobody has looked at.
var nodes = map[protoreflect.Name]bool{
	"Node": true, "SelectStmt": true, "ResTarget": true, "ColumnRef": true, "A_Star": true, "A_Const": true, "A_Expr": true,
	"Integer": true, "Float": true, "Boolean": true, "String": true, "BitString": true, "List": true,
	"BoolExpr": true, "NullTest": true, "BooleanTest": true, "CaseExpr": true, "CaseWhen": true, "CoalesceExpr": true,
	"MinMaxExpr": true, "FuncCall": true, "NamedArgExpr": true, "WindowDef": true, "SortBy": true, "TypeCast": true, "TypeName": true,
	"A_ArrayExpr": true, "A_Indices": true, "A_Indirection": true, "SubLink": true, "RangeVar": true, "RangeSubselect": true,
	"RangeFunction": true, "JoinExpr": true, "Alias": true, "WithClause": true, "CommonTableExpr": true, "GroupingSet": true,
	"GroupingFunc": true, "CollateClause": true, "RowExpr": true, "SQLValueFunction": true, "RangeTableSample": true,
}

// relations say what a statement may read and call, as the catalogue has it.
type relations struct {
	tables    map[string]bool // as a statement names them; those of the first schema with it, too
	types     map[string]bool // enumerations of the database
	foreign   map[string]bool // functions of the database that hide one of the engine's
	operators map[string]bool // operators of the database on the engine's types
	rows      map[string]bool // functions of one row of a table, which may be written as its column
}

// prove decides from the engine's own grammar whether the text is exactly one SELECT that
// reads only tables and calls only allowed functions, and returns it without what ends it.
func prove(sql string, rel relations) (string, *connectors.Error) {
	if err := kit.CheckText(sql, maxStatement); err != nil {
		return "", err
	}
	if err := kit.CheckBrackets(sql, maxBrackets); err != nil {
		return "", err
	}
	short := shorten(sql)
	tree, err := pg.Parse(short.sql)
	if err != nil {
		return "", kit.NotParsed(err.Error())
	}
	switch {
	case len(tree.GetStmts()) == 0:
		return "", kit.Empty()
	case len(tree.GetStmts()) > 1:
		return "", kit.DenyMany()
	}
	raw := tree.GetStmts()[0]
	sel := raw.GetStmt().GetSelectStmt()
	if sel == nil {
		return "", connectors.Errorf(connectors.CodeDenied, "Only a single SELECT statement is allowed.")
	}
	p := proof{rel: rel}
	if err := p.message(sel.ProtoReflect(), nil, 0); err != nil {
		return "", err
	}
	from, to := int(raw.GetStmtLocation()), len(short.sql)
	if n := int(raw.GetStmtLen()); n > 0 {
		to = from + n
	}
	// What was taken out is in the statement, the only one.
	return strings.TrimSpace(sql[from : to+short.gone]), nil
}

// proof walks one parsed statement.
type proof struct{ rel relations }

// message visits every message of the parse, whatever field it is found in, so that a
// place which nobody thought of is visited too. scope names the common table expressions
// that are visible.
func (p proof) message(m protoreflect.Message, scope []string, depth int) *connectors.Error {
	if depth > maxDepth {
		return kit.TooDeep()
	}
	name := m.Descriptor().Name()
	if !nodes[name] {
		return kit.DenyConstruct(string(name))
	}
	switch x := m.Interface().(type) {
	case *pg.Node:
		// Of these there may be thousands in a list, and nothing is in them.
		if x.GetAConst() != nil || x.GetString_() != nil {
			return nil
		}
	case *pg.SelectStmt:
		return p.selection(x, scope, depth)
	case *pg.RangeVar:
		return p.table(x, scope)
	case *pg.FuncCall:
		if err := p.call(x, allowed.functions); err != nil {
			return err
		}
	case *pg.RangeFunction:
		if err := p.tableFunction(x); err != nil {
			return err
		}
	case *pg.RangeTableSample:
		if method := names(x.GetMethod()); len(method) != 1 || method[0] != "system" && method[0] != "bernoulli" {
			return kit.DenyFunction(strings.Join(method, "."))
		}
	case *pg.TypeName:
		if err := p.typeName(x); err != nil {
			return err
		}
	case *pg.A_Expr:
		if err := p.operator(x.GetName()); err != nil {
			return err
		}
	case *pg.SubLink:
		if err := p.operator(x.GetOperName()); err != nil {
			return err
		}
	case *pg.SortBy:
		if err := p.operator(x.GetUseOp()); err != nil {
			return err
		}
	case *pg.ColumnRef:
		if err := p.attribute(x.GetFields()); err != nil {
			return err
		}
	case *pg.A_Indirection:
		if err := p.attribute(x.GetIndirection()); err != nil {
			return err
		}
	case *pg.SQLValueFunction:
		if x.GetOp() >= pg.SQLValueFunctionOp_SVFOP_CURRENT_ROLE {
			return kit.DenyFunction("current_user and the like")
		}
	}
	return p.fields(m, scope, depth)
}

func (p proof) fields(m protoreflect.Message, scope []string, depth int, skip ...protoreflect.Name) *connectors.Error {
	var found *connectors.Error
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.Kind() != protoreflect.MessageKind || slices.Contains(skip, fd.Name()) {
			return true
		}
		if !fd.IsList() {
			found = p.message(v.Message(), scope, depth+1)
			return found == nil
		}
		list := v.List()
		for i := 0; i < list.Len() && found == nil; i++ {
			found = p.message(list.Get(i).Message(), scope, depth+1)
		}
		return found == nil
	})
	return found
}

// selection visits the common table expressions in their order, each seeing those before
// it, or all of them where they are recursive, and then the rest of the query.
func (p proof) selection(s *pg.SelectStmt, scope []string, depth int) *connectors.Error {
	if with := s.GetWithClause(); with != nil {
		inner := slices.Clip(scope)
		if with.GetRecursive() {
			for _, c := range with.GetCtes() {
				inner = append(inner, c.GetCommonTableExpr().GetCtename())
			}
		}
		for _, c := range with.GetCtes() {
			cte := c.GetCommonTableExpr()
			if cte.GetCtequery().GetSelectStmt() == nil {
				return connectors.Errorf(connectors.CodeDenied, "WITH may hold SELECT statements only.")
			}
			if cte.GetSearchClause() != nil || cte.GetCycleClause() != nil {
				return kit.DenyConstruct("SEARCH or CYCLE")
			}
			if err := p.message(cte.ProtoReflect(), inner, depth+1); err != nil {
				return err
			}
			inner = append(inner, cte.GetCtename())
		}
		scope = inner
	}
	return p.fields(s.ProtoReflect(), scope, depth, "with_clause")
}

func (p proof) table(r *pg.RangeVar, scope []string) *connectors.Error {
	name := r.GetRelname()
	switch {
	case r.GetCatalogname() != "":
		name = r.GetCatalogname() + "." + r.GetSchemaname() + "." + name
	case r.GetSchemaname() != "":
		if p.rel.tables[inSchema(r.GetSchemaname(), name)] {
			return nil
		}
		name = r.GetSchemaname() + "." + name
	case slices.Contains(scope, name) || p.rel.tables[name]:
		return nil
	}
	return kit.DenyTable(name)
}

// inSchema is a table of a schema among those that may be read: a name may have dots of its
// own, and no NUL.
func inSchema(schema, table string) string { return schema + "\x00" + table }

// call checks a call against the names it may use.
func (p proof) call(f *pg.FuncCall, list kit.Names) *connectors.Error {
	parts := names(f.GetFuncname())
	name := parts[len(parts)-1]
	own := len(parts) == 2 && parts[0] == "pg_catalog"
	if !list[name] || len(parts) > 1 && !own || !own && p.rel.foreign[name] {
		return kit.DenyFunction(strings.Join(parts, "."))
	}
	switch name {
	case "repeat", "lpad", "rpad":
		if len(f.GetArgs()) < 2 {
			return nil // the engine says so
		}
		n := f.GetArgs()[1].GetAConst()
		if n == nil || n.GetIval() == nil && !n.GetIsnull() || n.GetIval().GetIval() > maxFill {
			return connectors.Errorf(connectors.CodeDenied, "The function %s needs a plain number of at most %d as its length.", kit.Quoted(name), maxFill)
		}
	}
	return nil
}

// operator refuses one of the database's own: it is a function in disguise.
func (p proof) operator(name []*pg.Node) *connectors.Error {
	parts := names(name)
	if len(parts) > 1 && parts[0] != "pg_catalog" || len(parts) == 1 && p.rel.operators[parts[0]] {
		return connectors.Errorf(connectors.CodeDenied, "The operator %s is not allowed.", kit.Quoted(strings.Join(parts, ".")))
	}
	return nil
}

// attribute refuses t.f where that calls a function f of the database with a row of t.
func (p proof) attribute(fields []*pg.Node) *connectors.Error {
	for _, f := range fields {
		if name := f.GetString_().GetSval(); p.rel.rows[name] {
			return kit.DenyFunction(name)
		}
	}
	return nil
}

// tableFunction checks the functions that stand where a table does.
func (p proof) tableFunction(r *pg.RangeFunction) *connectors.Error {
	if len(r.GetColdeflist()) > 0 {
		return kit.DenyConstruct("a list of column definitions")
	}
	for _, item := range r.GetFunctions() {
		for _, part := range item.GetList().GetItems() {
			if part.GetNode() == nil {
				continue
			}
			call := part.GetFuncCall()
			if call == nil {
				return kit.DenyConstruct("something other than a function in FROM")
			}
			if err := p.call(call, allowed.tables); err != nil {
				return err
			}
		}
	}
	return nil
}

// typeName lets through types whose input reads nothing but the text: the engine's names
// of tables and roles are types too.
func (p proof) typeName(t *pg.TypeName) *connectors.Error {
	parts := names(t.GetNames())
	name := strings.Join(parts, ".")
	if len(parts) == 2 && parts[0] == "pg_catalog" {
		parts = parts[1:]
	}
	if t.GetPctType() || t.GetSetof() || len(parts) == 0 || !(len(parts) == 1 && allowed.types[parts[0]]) && !p.rel.types[name] {
		return connectors.Errorf(connectors.CodeDenied, "The type %s is not allowed.", kit.Quoted(name))
	}
	return nil
}

// names are the parts of a qualified name.
func names(list []*pg.Node) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.GetString_().GetSval()
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

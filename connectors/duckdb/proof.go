package duckdb

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

const (
	// maxStatement bounds the text of a statement in bytes. The longest that is
	// composed or written by a model is a few thousand.
	maxStatement = 64 << 10
	// maxDepth bounds the nesting of a parsed statement, counted in levels of its
	// JSON form: two or three for each level of an expression.
	maxDepth = 2000
)

//go:embed functions.txt
var functionsText string

// allowed is what a statement may call: functions by their name, and tables that may
// stand where a table does.
var allowed = kit.ReadLists(functionsText)

// expressionClasses are the kinds of expressions that a statement may hold. A
// parameter is not among them: nothing would give it a value.
var expressionClasses = map[string]bool{
	"BETWEEN": true, "CASE": true, "CAST": true, "COLLATE": true, "COLUMN_REF": true,
	"COMPARISON": true, "CONJUNCTION": true, "CONSTANT": true, "FUNCTION": true,
	"LAMBDA": true, "OPERATOR": true, "POSITIONAL_REFERENCE": true, "STAR": true,
	"SUBQUERY": true, "TYPE": true, "WINDOW": true,
}

// nodeTypes are the query nodes, table references and modifiers that a statement
// may consist of.
var nodeTypes = map[string]bool{
	"SELECT_NODE": true, "SET_OPERATION_NODE": true, "RECURSIVE_CTE_NODE": true, "CTE_NODE": true,
	"BASE_TABLE": true, "SUBQUERY": true, "JOIN": true, "TABLE_FUNCTION": true,
	"EXPRESSION_LIST": true, "EMPTY": true, "PIVOT": true,
	"LIMIT_MODIFIER": true, "LIMIT_PERCENT_MODIFIER": true, "ORDER_MODIFIER": true, "DISTINCT_MODIFIER": true,
	"ORDER_DEFAULT": true, "ASCENDING": true, "DESCENDING": true, "INVALID": true,
}

// serialized is the engine's parse of a text, as json_serialize_sql writes it.
type serialized struct {
	Error        bool   `json:"error"`
	ErrorType    string `json:"error_type"`
	ErrorMessage string `json:"error_message"`
	Statements   []struct {
		Node   any   `json:"node"`
		Params []any `json:"named_param_map"`
	} `json:"statements"`
}

// proveSelect decides from the engine's parse whether the text is exactly one
// SELECT that reads only tables, calls only allowed functions and leaves the
// engine's own catalogue alone.
func proveSelect(sql string, parse []byte, tables []string) *connectors.Error {
	var s serialized
	if err := json.Unmarshal(parse, &s); err != nil {
		return &connectors.Error{Code: connectors.CodeDenied, Message: "The statement is nested too deeply.", Err: err}
	}
	if s.Error {
		return parseFailure(sql, s)
	}
	switch {
	case len(s.Statements) == 0:
		return kit.Empty()
	case len(s.Statements) > 1:
		return kit.DenyMany()
	case len(s.Statements[0].Params) > 0:
		return connectors.Errorf(connectors.CodeDenied, "Parameters such as $1 are not allowed.")
	}
	p := proof{tables: make(map[string]bool, len(tables))}
	for _, name := range tables {
		p.tables[lower(name)] = true
	}
	if err := p.walk(s.Statements[0].Node, nil, 0); err != nil {
		return err
	}
	return nil
}

func parseFailure(sql string, s serialized) *connectors.Error {
	if s.ErrorType == "not implemented" {
		message := "Only a single SELECT statement is allowed."
		if strings.Contains(lower(sql), "pivot") {
			message += " PIVOT stands in parentheses after FROM and names its values: ON column IN (…)."
		}
		return connectors.Errorf(connectors.CodeDenied, "%s", message)
	}
	return kit.NotParsed(s.ErrorMessage)
}

// proof walks one parsed statement.
type proof struct{ tables map[string]bool }

// walk visits every object of the parse, whatever field it is found in, so that a
// place which nobody thought of is visited too. scope names the common table
// expressions that are visible.
func (p proof) walk(v any, scope []string, depth int) *connectors.Error {
	if depth > maxDepth {
		return kit.TooDeep()
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := p.walk(item, scope, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		return p.object(v, scope, depth)
	}
	return nil
}

func (p proof) object(o map[string]any, scope []string, depth int) *connectors.Error {
	skip := []string{"cte_map"}
	switch kind := text(o, "type"); {
	case o["class"] != nil:
		if err := expression(o); err != nil {
			return err
		}
	case kind == "", strings.HasSuffix(kind, "_TYPE_INFO"):
		// Fields without a kind, and the details of a type that is cast to.
	case !nodeTypes[kind]:
		return unexpectedNode(kind)
	case kind == "BASE_TABLE":
		if err := p.table(o, scope); err != nil {
			return err
		}
	case kind == "TABLE_FUNCTION":
		call, _ := o["function"].(map[string]any)
		if err := callable(call, allowed["tables"]); err != nil {
			return err
		}
		// Its arguments are expressions like any others; its name is not.
		skip = append(skip, "function")
		if err := p.fields(call, scope, depth+1, nil); err != nil {
			return err
		}
	}
	scope, err := p.definitions(o, scope, depth)
	if err != nil {
		return err
	}
	if text(o, "type") == "RECURSIVE_CTE_NODE" {
		// Only the recurring part sees the expression that it defines.
		inner := append(slices.Clip(scope), lower(text(o, "cte_name")))
		if err := p.walk(o["right"], inner, depth+1); err != nil {
			return err
		}
		skip = append(skip, "right")
	}
	return p.fields(o, scope, depth, skip)
}

func (p proof) fields(o map[string]any, scope []string, depth int, skip []string) *connectors.Error {
	for name, field := range o {
		if slices.Contains(skip, name) {
			continue
		}
		if err := p.walk(field, scope, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// definitions visits the common table expressions of a query node in their order,
// each seeing those before it, and returns the scope of the rest of the node.
func (p proof) definitions(o map[string]any, scope []string, depth int) ([]string, *connectors.Error) {
	definitions, ok := o["cte_map"].(map[string]any)
	if !ok {
		return scope, nil
	}
	entries, _ := definitions["map"].([]any)
	for _, e := range entries {
		entry, ok := e.(map[string]any)
		if !ok {
			return nil, unexpectedNode("WITH")
		}
		if err := p.walk(entry["value"], scope, depth+1); err != nil {
			return nil, err
		}
		scope = append(slices.Clip(scope), lower(text(entry, "key")))
	}
	return scope, nil
}

func (p proof) table(o map[string]any, scope []string) *connectors.Error {
	catalog, schema, name := text(o, "catalog_name"), text(o, "schema_name"), text(o, "table_name")
	qualified := name
	switch {
	case catalog != "":
		qualified = catalog + "." + schema + "." + name
	case schema == "" && slices.Contains(scope, lower(name)):
		return nil
	case schema == "" || lower(schema) == "main":
		if p.tables[lower(name)] {
			return nil
		}
	default:
		qualified = schema + "." + name
		if p.tables[lower(qualified)] {
			return nil
		}
	}
	if strings.ContainsAny(name, "/\\:*?") || strings.Contains(name, ".") && schema == "" {
		return connectors.Errorf(connectors.CodeDenied, "Files cannot be read: %s is not a table.", kit.Quoted(name))
	}
	return kit.DenyTable(qualified)
}

func expression(o map[string]any) *connectors.Error {
	switch class := text(o, "class"); {
	case class == "PARAMETER":
		return connectors.Errorf(connectors.CodeDenied, "Parameters such as $1 are not allowed.")
	case !expressionClasses[class]:
		return unexpectedNode(class)
	case class == "FUNCTION", class == "WINDOW":
		return callable(o, allowed["functions"])
	}
	return nil
}

// callable checks a call against the names it may use. The parser itself puts some
// functions in schema main.
func callable(o map[string]any, names kit.Names) *connectors.Error {
	name, schema, catalog := text(o, "function_name"), text(o, "schema"), text(o, "catalog")
	if names[lower(name)] && (schema == "" || lower(schema) == "main") && catalog == "" {
		return nil
	}
	if schema != "" && schema != "main" {
		name = schema + "." + name
	}
	return kit.DenyFunction(name)
}

func unexpectedNode(kind string) *connectors.Error {
	if kind == "SHOW_REF" {
		return connectors.Errorf(connectors.CodeDenied, "DESCRIBE, SUMMARIZE and SHOW are not allowed.")
	}
	return kit.DenyConstruct(kind)
}

func text(o map[string]any, field string) string {
	s, _ := o[field].(string)
	return s
}

// lower folds a name as the engine does: ASCII letters only. Folding more would
// take two names for one that the engine keeps apart.
func lower(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// wrap bounds a proven statement. The engine keeps the inner order.
func wrap(sql string, rows int) string { return kit.Bounded(withoutTerminator(sql), rows) }

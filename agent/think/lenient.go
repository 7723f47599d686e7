package think

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// lenient puts arguments that mean something right into the shape that was asked for:
// a statement by itself, a list of statements, queries without names. Every such thing
// handed back would cost a call.
func lenient(tool string, raw json.RawMessage) json.RawMessage {
	if tool != toolAnswer && tool != toolQuery {
		return raw
	}
	var args map[string]any
	if json.Unmarshal(raw, &args) != nil {
		return raw
	}
	move(args, "queries", "query", "sql", "statement", "statements")
	if tool == toolAnswer {
		move(args, "text", "answer", "response", "message", "summary")
	}
	if queries, ok := args["queries"]; ok {
		args["queries"] = asQueries(queries)
	}
	if chart, ok := args["chart"].(string); ok {
		args["chart"] = map[string]any{"type": chart}
	}
	out, err := json.Marshal(args)
	if err != nil {
		return raw
	}
	return out
}

// move renames the first of the keys that is there.
func move(args map[string]any, to string, from ...string) {
	if _, ok := args[to]; ok {
		return
	}
	for _, key := range from {
		if v, ok := args[key]; ok {
			args[to] = v
			delete(args, key)
			return
		}
	}
}

var resultName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)

func asQueries(v any) any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, one := range list {
		q, ok := one.(map[string]any)
		if !ok {
			text, isText := one.(string)
			if !isText {
				return v
			}
			q = map[string]any{"sql": text}
		}
		move(q, "sql", "query", "statement")
		move(q, "source", "database", "db")
		move(q, "join", "joins", "inputs")
		if join, ok := q["join"].(string); ok {
			q["join"] = listed(join)
		}
		if name, ok := q["name"].(string); !ok || !resultName.MatchString(name) {
			q["name"] = fmt.Sprintf("r%d", i+1)
		}
		list[i] = q
	}
	return list
}

// listed are the names in a text such as "s1, s2".
func listed(text string) []any {
	out := []any{}
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '+' || r == ' ' }) {
		out = append(out, name)
	}
	return out
}

var (
	sqlFence = regexp.MustCompile("(?is)```(?:sql|duckdb|postgres(?:ql)?|sqlite|mysql)?[ \\t]*\\n?\\s*((?:WITH|SELECT)\\b.*?)\\s*```")
	bareSQL  = regexp.MustCompile(`(?is)^\s*(?:WITH\s+\w+\s+AS\s*\(|SELECT\s).*\bFROM\b`)
)

// statementIn finds the statement that a text is about, and returns the text without it.
func statementIn(text string) (sql, rest string, ok bool) {
	if loc := sqlFence.FindStringSubmatchIndex(text); loc != nil {
		return text[loc[2]:loc[3]], strings.TrimSpace(text[:loc[0]] + text[loc[1]:]), true
	}
	if bareSQL.MatchString(text) {
		return strings.TrimSpace(text), "", true
	}
	return "", "", false
}

package semantic

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on a file, against aliases that multiply and nesting that exhausts.
const (
	maxFileBytes = 8 << 20
	maxNodes     = 500_000
	maxYAMLDepth = 50
)

type nodeKind uint8

const (
	textNode  nodeKind = iota // a string
	otherNode                 // a number, a boolean or null
	listNode
	mapNode
)

// node is a YAML value with its place.
type node struct {
	kind    nodeKind
	text    string // of textNode as meant, of otherNode as written
	value   any    // of otherNode
	items   []*node
	entries []entry
	pos     Position
}

type entry struct {
	key   string
	pos   Position
	value *node
}

func (n *node) what() string {
	switch n.kind {
	case textNode:
		return "a text"
	case listNode:
		return "a list"
	case mapNode:
		return "a mapping"
	}
	if n.value == nil {
		return "nothing"
	}
	return n.text
}

// yamlTree parses one YAML document.
func yamlTree(file string, data []byte) (*node, error) {
	fail := func(pos Position, format string, args ...any) error {
		pos.File = file
		return &ReadError{Problems: []Problem{{Position: pos, Severity: SeverityError, Message: fmt.Sprintf(format, args...)}}}
	}
	if len(data) > maxFileBytes {
		return nil, fail(Position{}, "the file is larger than %d MiB", maxFileBytes>>20)
	}
	parsed, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		var at interface {
			GetToken() *token.Token
			GetMessage() string
		}
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			return nil, fail(Position{Line: p.Line, Column: p.Column}, "not valid YAML: %s", at.GetMessage())
		}
		return nil, fail(Position{}, "not valid YAML: %v", err)
	}
	var body ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			t := doc.Body.GetToken()
			return nil, fail(Position{Line: t.Position.Line, Column: t.Position.Column}, "the file holds a second YAML document; put its models into the first")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, fail(Position{Line: 1, Column: 1}, "the file is empty; it should begin with \"version: %s\"", Version)
	}
	b := &treeBuilder{file: file, anchors: map[string]ast.Node{}}
	n := b.build(body, 0)
	if b.problem != "" {
		return nil, fail(b.at, "%s", b.problem)
	}
	return n, nil
}

type treeBuilder struct {
	file    string
	anchors map[string]ast.Node
	count   int
	problem string
	at      Position
}

func (b *treeBuilder) position(n ast.Node) Position {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		n = v.Key
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return Position{File: b.file}
	}
	return Position{File: b.file, Line: t.Position.Line, Column: max(t.Position.Column, 1)}
}

func (b *treeBuilder) fail(at Position, format string, args ...any) *node {
	if b.problem == "" {
		b.problem, b.at = fmt.Sprintf(format, args...), at
	}
	return &node{kind: otherNode, pos: at}
}

func (b *treeBuilder) build(n ast.Node, depth int) *node {
	if n == nil {
		return &node{kind: otherNode, text: "null", pos: Position{File: b.file}}
	}
	out := &node{pos: b.position(n)}
	if b.count++; b.count > maxNodes || depth > maxYAMLDepth || b.problem != "" {
		return b.fail(out.pos, "the file is too large or too deeply nested")
	}
	switch x := n.(type) {
	case *ast.StringNode:
		out.text = x.Value
	case *ast.LiteralNode:
		out.text = x.Value.Value
	case *ast.SequenceNode:
		out.kind = listNode
		for _, v := range x.Values {
			out.items = append(out.items, b.build(v, depth+1))
		}
	case *ast.MappingNode:
		out.kind = mapNode
		b.entries(out, x.Values, depth)
	case *ast.MappingValueNode:
		out.kind = mapNode
		b.entries(out, []*ast.MappingValueNode{x}, depth)
	case *ast.AnchorNode:
		b.anchors[x.Name.GetToken().Value] = x.Value
		return b.build(x.Value, depth+1)
	case *ast.AliasNode:
		target, ok := b.anchors[x.Value.GetToken().Value]
		if !ok {
			return b.fail(out.pos, "there is no anchor %s before this", x.Value.GetToken().Value)
		}
		return b.build(target, depth+1)
	case *ast.TagNode:
		return b.build(x.Value, depth+1)
	case ast.ScalarNode:
		out.kind, out.value, out.text = otherNode, x.GetValue(), x.GetToken().Value
	default:
		return b.fail(out.pos, "this kind of YAML is not used in a model")
	}
	return out
}

// entries reads a mapping. What "<<" brings in is overridden by what stands there.
func (b *treeBuilder) entries(out *node, values []*ast.MappingValueNode, depth int) {
	var merged []entry
	for _, v := range values {
		if v.Key.IsMergeKey() {
			merged = append(merged, b.build(v.Value, depth+1).entries...)
			continue
		}
		key := b.build(v.Key.(ast.Node), depth+1)
		if key.kind != textNode && key.kind != otherNode {
			b.fail(key.pos, "a key must be a word")
			return
		}
		value := b.build(v.Value, depth+1)
		if value.pos.Line == 0 {
			value.pos = key.pos
		}
		out.entries = append(out.entries, entry{key.text, key.pos, value})
	}
	for _, e := range merged {
		if !slices.ContainsFunc(out.entries, func(have entry) bool { return have.key == e.key }) {
			out.entries = append(out.entries, e)
		}
	}
}

// plain returns the value as encoding/json would.
func (n *node) plain() any {
	switch n.kind {
	case textNode:
		return n.text
	case listNode:
		list := make([]any, len(n.items))
		for i, x := range n.items {
			list[i] = x.plain()
		}
		return list
	case mapNode:
		m := map[string]any{}
		for _, e := range n.entries {
			m[e.key] = e.value.plain()
		}
		return m
	}
	switch v := n.value.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	}
	return n.value
}

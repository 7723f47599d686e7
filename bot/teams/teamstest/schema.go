package teamstest

import (
	_ "embed"
	"strings"
	"sync"
)

// schemaText is what cards are made of: a line for each type with its fields and their
// kinds, "!" on those that are required, "+element" and "+action" for those that all have.
// A test holds it against Microsoft's types.
//
//go:embed schema.txt
var schemaText string

type field struct {
	kind     string
	required bool
}

type schema struct {
	types map[string]map[string]field
	enums map[string][]string
}

var schemaOf = sync.OnceValue(func() schema {
	s := schema{types: map[string]map[string]field{}, enums: map[string][]string{}}
	for line := range strings.Lines(schemaText) {
		words := strings.Fields(line)
		if words[0] == "enum" {
			s.enums[words[1]] = words[2:]
			continue
		}
		fields := map[string]field{}
		for _, w := range words[1:] {
			if strings.HasPrefix(w, "+") {
				for name, f := range s.types[w] {
					fields[name] = f
				}
				continue
			}
			name, kind, _ := strings.Cut(w, ":")
			required := strings.HasSuffix(name, "!")
			fields[strings.TrimSuffix(name, "!")] = field{kind, required}
		}
		s.types[words[0]] = fields
	}
	return s
})

// inner are the types that are only within another one.
const inner = " AdaptiveCard Column TableRow TableCell TextRun IconRun ImageRun CarouselPage Data.Query "

// isElement reports whether a type can be in the body of a card.
func (s schema) isElement(typ string) bool {
	_, known := s.types[typ]["fallback"]
	return known && !strings.HasPrefix(typ, "Action.") && !strings.Contains(inner, " "+typ+" ")
}

func (s schema) isAction(typ string) bool {
	return strings.HasPrefix(typ, "Action.") && s.types[typ] != nil
}

// Package kit is what drivers of sources have in common, whatever engine they speak to:
// lists of names that a statement may use, sentences of refusal, and who uses a source
// when it is closed.
package kit

import "strings"

// Names is a set of names, as the engine folds them.
type Names map[string]bool

// ReadLists reads lists of names by their heading: a line "[functions]" begins a list, a
// line that begins with "#" is a comment, and all else are names between blanks. Names
// before the first heading are listed under "".
func ReadLists(text string) map[string]Names {
	lists := map[string]Names{}
	list := Names{}
	lists[""] = list
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if heading, ok := strings.CutPrefix(line, "["); ok && strings.HasSuffix(heading, "]") {
			heading = strings.TrimSuffix(heading, "]")
			if list = lists[heading]; list == nil {
				list = Names{}
				lists[heading] = list
			}
			continue
		}
		for name := range strings.FieldsSeq(line) {
			list[name] = true
		}
	}
	return lists
}

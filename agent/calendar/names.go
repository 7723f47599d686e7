package calendar

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Match is an event's name at the beginning of a text.
type Match struct {
	Event string
	Len   int // bytes of the text that are the name
	// Weak is set when the words have other meanings too (설, CNY), so that a text
	// needs more than them to mean the event.
	Weak bool
}

// Prefix returns the longest event name that text begins with. What follows is not
// looked at: the caller decides whether the name ends at a word's end.
func (c *Calendar) Prefix(text string) (Match, bool) {
	var found Match
	at := c.names
	for i, r := range text {
		if ignored(r) {
			if i == 0 {
				return Match{}, false
			}
			continue
		}
		at = at.child(unicode.ToLower(r))
		if at == nil {
			break
		}
		if at.event != "" {
			found = Match{Event: at.event, Len: i + utf8.RuneLen(r), Weak: at.weak}
		}
	}
	return found, found.Len > 0
}

// node is one letter of the tree of names.
type node struct {
	letters []rune  // sorted; most nodes have one
	next    []*node // of each letter
	event   string
	weak    bool
}

func (n *node) child(r rune) *node {
	if i, ok := slices.BinarySearch(n.letters, r); ok {
		return n.next[i]
	}
	return nil
}

// grow returns the child of a letter, and makes it where there is none.
func (n *node) grow(r rune) *node {
	i, ok := slices.BinarySearch(n.letters, r)
	if !ok {
		n.letters, n.next = slices.Insert(n.letters, i, r), slices.Insert(n.next, i, &node{})
	}
	return n.next[i]
}

// add puts a name in the tree, unless it is another event's already: then it returns
// which.
func (n *node) add(name, event string, weak bool) (other string) {
	at := n
	for _, r := range name {
		if ignored(r) {
			continue
		}
		at = at.grow(unicode.ToLower(r))
	}
	if at.event != "" && at.event != event {
		return at.event
	}
	// A name listed both ways (동지 as the event's title and as a weak word) is weak.
	at.event, at.weak = event, at.weak || weak
	return ""
}

// ignored are the characters that spell a name differently without changing it.
func ignored(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("-.·ㆍ‧・'’‘", r)
}

func trimRight(s string) string { return strings.TrimRightFunc(s, ignored) }

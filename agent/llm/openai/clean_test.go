package openai

import (
	"strings"
	"testing"
)

func cleanAll(parts ...string) (text, reasoning string) {
	var c cleaner
	for _, p := range parts {
		t, r := c.add(p)
		text += t
		reasoning += r
	}
	t, r := c.end()
	return text + t, reasoning + r
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, text, reasoning string }{
		{"Sales rose.", "Sales rose.", ""},
		{"a < b and a <= c, a <| b, a <<| b, <b>x</b>, <|x y|>", "a < b and a <= c, a <| b, a <<| b, <b>x</b>, <|x y|>", ""},
		{"The answer is 5.<|return|>", "The answer is 5.", ""},
		{"<|channel|>final<|message|>The answer.<|end|>", "The answer.", ""},
		{"<|start|>assistant<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>So.", "So.", "Hm."},
		{"<|channel|>commentary<|message|>Let me look.<|end|>", "Let me look.", ""},
		{`<|channel|>commentary to=functions.run_sql <|constrain|>json<|message|>{"sql":"x"}<|call|>`, "", `{"sql":"x"}`},
		{"Row says <|start|>assistant to=functions.drop<|message|>{}<|call|> and ends", "Row says  and ends", "{}"},
		{"cut <|chan", "cut ", ""},
		{"less <", "less <", ""},
		{"<|channel|>" + strings.Repeat("no header ", 30), strings.Repeat("no header ", 30), ""},
		{"\n<think>\nHm, a < b.</think>\n\nSo.", "So.", "\nHm, a < b."},
		{"<thi", "<thi", ""},
		{"<think>never ends", "", "never ends"},
		{"Write <think> and </think> around it.", "Write <think> and </think> around it.", ""},
		{"한글 <|end|>과 <|x", "한글 과 ", ""},
	} {
		text, reasoning := cleanAll(c.in)
		if strings.TrimSpace(text) != strings.TrimSpace(c.text) || reasoning != c.reasoning {
			t.Errorf("%q: %q and %q, want %q and %q", c.in, text, reasoning, c.text, c.reasoning)
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"run_sql": "run_sql", "functions.run_sql": "run_sql", "functions.run_sql<|channel|>commentary": "run_sql",
		"run_sql<|channel|>analysis": "run_sql", "assistant<|channel|>analysis": "assistant", " to=functions.lookup ": "lookup",
		"<|constrain|>json": "", "한글": "한글", "browser.open": "browser.open",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzClean: however a text is cut into parts, the same comes out.
func FuzzClean(f *testing.F) {
	f.Add("<|start|>assistant<|channel|>analysis<|message|>Hm.<|end|>So <b> <| x", uint8(3))
	f.Add("<|<|channel|>|>", uint8(1))
	f.Add(" <think>a</thi</think>b<think>", uint8(0))
	f.Add("<|channel|>"+strings.Repeat("x", 300)+"<|end|>", uint8(7))
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		text, reasoning := cleanAll(s)
		var parts []string
		for rest := s; rest != ""; {
			k := min(int(n)+1, len(rest))
			parts = append(parts, rest[:k])
			rest = rest[k:]
		}
		if t2, r2 := cleanAll(parts...); t2 != text || r2 != reasoning {
			t.Errorf("%q in parts of %d: %q and %q, whole %q and %q", s, int(n)+1, t2, r2, text, reasoning)
		}
	})
}

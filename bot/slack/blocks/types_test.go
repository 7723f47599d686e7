package blocks_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

// wrong are things that Slack's types must refuse: if they did not, the test below would
// prove nothing.
const wrong = `
// @ts-expect-error
const wrongField: Block = { type: "section", text: { type: "plain_text", text: "x", verbatim: true } };
// @ts-expect-error
const wrongCell: Block = { type: "data_table", caption: "x", rows: [[{ type: "raw_text", value: 1 }]] };
// @ts-expect-error
const wrongChart: Block = { type: "data_visualization", title: "x", chart: { type: "scatter", series: [] } };
// @ts-expect-error
const wrongChunk: AnyChunk = { type: "task_update", id: "x", title: "x" };
`

// TestSlacksTypesAgree holds everything that is laid out here against the types of Slack's
// own SDK. It has none yet for data_visualization: those are another client's.
func TestSlacksTypesAgree(t *testing.T) {
	npm, tsc := needTypes(t)
	var ts strings.Builder
	ts.WriteString("import type { KnownBlock, AnyChunk, ModalView, HomeView } from \"@slack/types\";\n" +
		"import type { DataVisualizationBlock } from \"slack-web-api-client\";\n" +
		"type Block = KnownBlock | DataVisualizationBlock;\n" + wrong)
	n := 0
	declare := func(kind string, v any) {
		n++
		v = generic(t, v)
		untyped(v)
		fmt.Fprintf(&ts, "const v%d: %s = %s;\n", n, kind, marshal(t, v))
	}
	messages := messages()
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		for _, level := range levels {
			for _, l := range pictured(messages[name], level) {
				if len(l.Blocks) > 0 {
					declare("Block[]", l.Blocks)
				}
			}
		}
		if messages[name].Kind == bot.KindProgress {
			declare("AnyChunk[]", blocks.Chunks(messages[name]))
		}
		for _, b := range messages[name].Buttons {
			declare("ModalView", blocks.PromptModal(b.Prompt, messages[name].Language, "{}"))
			if b.Form != nil {
				declare("ModalView", blocks.FormModal(*b.Form, messages[name].Language, "{}"))
			}
		}
		declare("ModalView", blocks.SQLModal(messages[name].SQL, messages[name].Language))
	}
	for _, language := range []string{"ko", "en"} {
		declare("ModalView", blocks.AskModal(language, "{}"))
		declare("ModalView", blocks.ShareModal(language, "{}"))
		declare("HomeView", blocks.Home(language, []string{"지난달 매출"}))
	}
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("golden.ts", ts.String())
	write("tsconfig.json", fmt.Sprintf(`{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": [], "target": "es2022",
		"module": "esnext", "moduleResolution": "bundler", "paths": {"*": [%q]}}, "files": ["golden.ts"]}`, filepath.ToSlash(npm)+"/node_modules/*"))
	cmd := exec.CommandContext(t.Context(), "node", tsc, "-p", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.4000s", err, out)
	}
}

// untyped takes out what Slack's reference of rich text has and its types have not yet:
// where an ordered list begins, and the language of a block of code.
func untyped(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			untyped(e)
		}
	case object:
		switch v["type"] {
		case "rich_text_list":
			delete(v, "offset")
		case "rich_text_preformatted":
			delete(v, "language")
		}
		for _, e := range v {
			untyped(e)
		}
	}
}

// needTypes returns where Slack's types and the compiler are, or skips saying how to have
// them.
func needTypes(t *testing.T) (npm, tsc string) {
	t.Helper()
	npm, err := filepath.Abs(filepath.Join("testdata", "npm"))
	if err == nil {
		_, err = exec.LookPath("node")
	}
	tsc = filepath.Join(npm, "node_modules", "typescript", "bin", "tsc")
	if err == nil {
		_, err = os.Stat(tsc)
	}
	if err != nil {
		const how = "Slack's types are not here (apt install nodejs npm; npm ci --prefix bot/slack/blocks/testdata/npm)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return npm, tsc
}

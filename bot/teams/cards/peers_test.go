package cards_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// everyCard is each card that is made of the fixtures, by name.
func everyCard(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{}
	add := func(name string, l cards.Layout) {
		if l.Card != nil {
			out[name] = l.Card
		}
	}
	for name, msg := range fixtures() {
		for way, opts := range ways(t, msg) {
			add(way+"/"+name, cards.Render(msg, opts))
			opts.Limit = 8000
			add(way+"/small/"+name, cards.Render(msg, opts))
		}
		add("sql/"+name, cards.SQL(msg.SQL, msg.Language))
	}
	for name, l := range forms(t) {
		add(name, l)
	}
	add("rows", cards.Rows("bapsang-r1.csv", "https://bapsang.example/teams/csv/x", 10, "ko"))
	for name, s := range drawable() {
		add("chart/"+name, cards.Render(message(t, s), cards.Options{Pictures: map[int][]byte{0: dot(t)}}))
	}
	for _, language := range []string{"ko", "en"} {
		add("home/"+language, cards.Home(language, []string{"지난달 매출", bottest.Attack}))
		add("share/"+language, cards.Share(cards.Pressed{Language: language, Action: bot.Action{Question: "q-1"}}, []cards.Place{{ID: "19:x", Name: bottest.Attack}}))
	}
	return out
}

// TestMicrosoftsRendererAgrees holds all cards against Microsoft's own renderer. It knows no
// charts, so it also tells that each has something in its place.
func TestMicrosoftsRendererAgrees(t *testing.T) {
	npm := needPeers(t)
	judge := func(all map[string]json.RawMessage) map[string]verdict {
		cmd := exec.CommandContext(t.Context(), "node", filepath.Join(npm, "judge.mjs"))
		cmd.Stdin = bytes.NewReader(marshal(t, all))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v %s", err, stderr(err))
		}
		var verdicts map[string]verdict
		if err := json.Unmarshal(out, &verdicts); err != nil {
			t.Fatal(err)
		}
		return verdicts
	}
	all := everyCard(t)
	charts := 0
	for name, v := range judge(all) {
		for _, f := range v.Faults {
			// It does not know that Teams finds people by itself: Microsoft's own examples have no choices.
			if !(strings.Contains(f, "at least one choice") && strings.Contains(string(all[name]), "graph.microsoft.com/users")) {
				t.Errorf("%s: %s", name, f)
			}
		}
		charts += len(v.Unknown)
		for _, kind := range v.Unknown {
			if !strings.HasPrefix(kind, "Chart.") {
				t.Errorf("%s: %s is unknown", name, kind)
			}
		}
		// What stands in a chart's place is there as it is elsewhere.
		if want := kindsOf(t, all[name]); !slices.Equal(want, v.Shown) {
			t.Errorf("%s shows\n%v, want\n%v", name, v.Shown, want)
		}
	}
	if charts < 10 {
		t.Errorf("only %d charts were there to be unknown", charts)
	}
	// It does find what is wrong.
	for name, v := range judge(map[string]json.RawMessage{
		"type":   json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Text"}]}`),
		"action": json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","body":[],"actions":[{"type":"Action.Press","title":"x"}]}`),
		"value":  json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"TextBlock","text":"x","size":"Huge"}]}`),
		"input":  json.RawMessage(`{"type":"AdaptiveCard","version":"1.5","body":[{"type":"Input.Text"}]}`),
	}) {
		if len(v.Faults)+len(v.Unknown) == 0 {
			t.Errorf("nothing is found wrong with a %s", name)
		}
	}
}

// TestTheStrictTeamsTakesThem holds all cards against the Teams of our own tests.
func TestTheStrictTeamsTakesThem(t *testing.T) {
	for name, card := range everyCard(t) {
		for _, fault := range teamstest.CheckCard(card) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

type verdict struct {
	Faults, Unknown, Shown []string
}

func stderr(err error) []byte {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.Stderr
	}
	return nil
}

// kindsOf are the types that a card shows to who knows no charts, in their order.
func kindsOf(t *testing.T, data json.RawMessage) []string {
	t.Helper()
	var out []string
	var walk func(v any)
	each := func(v any) {
		list, _ := v.([]any)
		for _, e := range list {
			walk(e)
		}
	}
	walk = func(v any) {
		e := v.(object)
		kind, ok := e["type"].(string)
		if !ok { // the shape of a table's column
			return
		}
		if strings.HasPrefix(kind, "Chart.") {
			walk(e["fallback"])
			return
		}
		out = append(out, kind)
		for _, name := range []string{"body", "items", "columns", "rows", "cells", "actions"} {
			each(e[name])
		}
		if card, ok := e["card"]; ok {
			walk(card)
		}
	}
	var card any
	if err := json.Unmarshal(data, &card); err != nil {
		t.Fatal(err)
	}
	walk(card)
	return out
}

// wrong are things that Teams' types must refuse: if they did not, the test below would
// prove nothing.
const wrong = `
// @ts-expect-error
const wrongField: IAdaptiveCard = { type: "AdaptiveCard", body: [{ type: "TextBlock", text: "x", color: "red" }] };
// @ts-expect-error
const wrongChart: IAdaptiveCard = { type: "AdaptiveCard", body: [{ type: "Chart.Scatter", data: [] }] };
// @ts-expect-error
const wrongPoint: IAdaptiveCard = { type: "AdaptiveCard", body: [{ type: "Chart.VerticalBar", data: [{ x: "a", y: "b" }] }] };
// @ts-expect-error
const wrongAction: IAdaptiveCard = { type: "AdaptiveCard", body: [], actions: [{ type: "Action.Submit", title: "x", mode: "overflow" }] };
`

// TestTeamsTypesAgree holds all cards against the types of Microsoft's SDK, which has the
// charts.
func TestTeamsTypesAgree(t *testing.T) {
	npm := needPeers(t)
	var ts strings.Builder
	ts.WriteString("import type { IAdaptiveCard } from \"@microsoft/teams.cards\";\n" + wrong)
	all := everyCard(t)
	for i, name := range slices.Sorted(maps.Keys(all)) {
		var card any
		if err := json.Unmarshal(all[name], &card); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&ts, "/* %s */ const c%d: IAdaptiveCard = %s;\n", name, i, marshal(t, card))
	}
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cards.ts", ts.String())
	write("tsconfig.json", fmt.Sprintf(`{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": [], "target": "es2022",
		"module": "esnext", "moduleResolution": "bundler", "paths": {"*": [%q]}}, "files": ["cards.ts"]}`, filepath.ToSlash(npm)+"/node_modules/*"))
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(npm, "node_modules", "typescript", "bin", "tsc"), "-p", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.4000s", err, out)
	}
}

// needPeers returns where Microsoft's renderer and types are, or skips saying how to have
// them.
func needPeers(t *testing.T) string {
	t.Helper()
	npm, err := filepath.Abs(filepath.Join("testdata", "npm"))
	if err == nil {
		_, err = exec.LookPath("node")
	}
	for _, file := range []string{"typescript/bin/tsc", "adaptivecards/dist/adaptivecards.js", "@microsoft/teams.cards/package.json"} {
		if err == nil {
			_, err = os.Stat(filepath.Join(npm, "node_modules", filepath.FromSlash(file)))
		}
	}
	if err != nil {
		const how = "Microsoft's renderer and types are not here (apt install nodejs npm; npm ci --prefix bot/teams/cards/testdata/npm)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return npm
}

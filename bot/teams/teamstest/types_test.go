package teamstest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// compile type-checks a program that may import what is in testdata/npm.
func compile(t *testing.T, program string) {
	t.Helper()
	node := needPeer(t)
	dir := t.TempDir()
	modules, err := filepath.Abs(filepath.Join("testdata", "npm", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": [], "target": "es2022",
		"module": "esnext", "moduleResolution": "bundler", "paths": {"*": [%q]}}, "files": ["program.ts"]}`, filepath.ToSlash(modules)+"/*")
	for name, text := range map[string]string{"program.ts": program, "tsconfig.json": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tsc := filepath.Join(modules, "typescript", "bin", "tsc")
	if out, err := exec.CommandContext(t.Context(), node, tsc, "-p", dir).CombinedOutput(); err != nil {
		t.Errorf("%v\n%.6000s", err, out)
	}
}

// TestMicrosoftsTypesAgree holds the cards that are taken here against Microsoft's types
// of cards, and what schema.txt says against the same.
func TestMicrosoftsTypesAgree(t *testing.T) {
	t.Parallel()
	needPeer(t)
	var ts strings.Builder
	ts.WriteString(`import type * as T from "@microsoft/teams.cards";
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Keys<X> = Exclude<keyof X, "key" | "type">;
type Needed<X> = Exclude<{ [K in keyof X]-?: {} extends Pick<X, K> ? never : K }[keyof X], "type" | undefined>;
// @ts-expect-error
const field: T.IAdaptiveCard = { type: "AdaptiveCard", body: [{ type: "TextBlock", text: "x", colour: "good" }] };
// @ts-expect-error
const element: T.IAdaptiveCard = { type: "AdaptiveCard", body: [{ type: "Chart.Area", data: [] }] };
// @ts-expect-error
const same: Same<Keys<T.IFact>, "title"> = true;
`)
	n := 0
	for _, cards := range []map[string]string{goodCards(), teamsCards()} {
		for _, card := range cards {
			n++
			fmt.Fprintf(&ts, "const card%d: T.IAdaptiveCard = %s;\n", n, canonical(t, card))
		}
	}
	for _, check := range schemaChecks(t) {
		n++
		fmt.Fprintf(&ts, "const check%d: %s = true;\n", n, check)
	}
	compile(t, ts.String())
}

// canonical is a card with its enums as the types write them: Teams takes them in any case.
func canonical(t *testing.T, card string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(card), &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), `"extraLarge"`, `"ExtraLarge"`)
}

// schemaChecks are types that are true when schema.txt says what Microsoft's types say:
// the same fields, the same required ones, the same values of enums.
func schemaChecks(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("schema.txt")
	if err != nil {
		t.Fatal(err)
	}
	var checks []string
	shared := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		switch {
		case words[0] == "enum":
			checks = append(checks, fmt.Sprintf("Same<T.%s, %s>", words[1], union(words[2:])))
			continue
		case strings.HasPrefix(words[0], "+"):
			shared[words[0]] = words[1:]
			continue
		case words[0] == "Component": // five interfaces of people and files, which Bapsang has no use for
			continue
		}
		var fields, needed []string
		for _, w := range words[1:] {
			of := []string{w}
			if strings.HasPrefix(w, "+") {
				of = shared[w]
			}
			for _, f := range of {
				name, _, _ := strings.Cut(f, ":")
				if name == "type" { // of a button for signing in, another kind of type
					continue
				}
				fields = append(fields, strings.TrimSuffix(name, "!"))
				if strings.HasSuffix(name, "!") {
					needed = append(needed, strings.TrimSuffix(name, "!"))
				}
			}
		}
		name := interfaceOf(words[0])
		checks = append(checks, fmt.Sprintf("Same<Keys<T.%s>, %s>", name, union(fields)), fmt.Sprintf("Same<Needed<T.%s>, %s>", name, union(needed)))
	}
	if len(checks) < 150 {
		t.Fatalf("only %d checks", len(checks))
	}
	return checks
}

// interfaceOf is what Microsoft's package calls a type: "Chart.VerticalBar.Grouped" is
// IGroupedVerticalBarChart there.
func interfaceOf(typ string) string {
	group, name, dotted := strings.Cut(typ, ".")
	if !dotted {
		return "I" + strings.ToUpper(typ[:1]) + typ[1:]
	}
	base, kind, _ := strings.Cut(name, ".")
	return "I" + kind + base + group
}

func union(words []string) string {
	if len(words) == 0 {
		return "never"
	}
	return `"` + strings.Join(words, `" | "`) + `"`
}

// What Microsoft's schema has no names for, and Teams sends: the times as texts, a channel's
// conversation without a name, where something was pressed.
const wireTypes = `import type * as B from "botframework-schema";
type Data = { tenant?: { id: string }; team?: Partial<B.TeamInfo>; channel?: { id: string }; eventType?: string; teamsTeamId?: string; teamsChannelId?: string;
  source?: { name: string } };
type Known = "timestamp" | "localTimestamp" | "conversation" | "channelData" | "recipient" | "from" | "membersAdded" | "membersRemoved" | "entities" | "attachments";
type Account = Partial<B.ChannelAccount>;
type Wire = Omit<Partial<B.Activity>, Known> & { timestamp: string; localTimestamp: string; conversation: Partial<B.ConversationAccount> & { id: string };
  channelData: Data; recipient: Account; from: Account; membersAdded?: Account[]; membersRemoved?: Account[];
  entities: (B.Entity & { [name: string]: unknown })[]; attachments?: (B.Attachment & { content: unknown })[] };
// @ts-expect-error
const wrong: Wire = { colour: "red" };
`

// TestActivitiesAreOfMicrosoftsTypes holds what people cause against Microsoft's schema of
// activities.
func TestActivitiesAreOfMicrosoftsTypes(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	act(t, s)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	var ts strings.Builder
	ts.WriteString(wireTypes)
	seen := map[string]bool{}
	for i, x := range a.got() {
		raw, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprint(x["type"])] = true
		fmt.Fprintf(&ts, "const a%d: Wire = %s;\n", i, raw)
	}
	for _, kind := range strings.Fields("message messageUpdate messageDelete messageReaction conversationUpdate installationUpdate invoke") {
		if !seen[kind] {
			t.Errorf("no %s came", kind)
		}
	}
	compile(t, ts.String())
}

// act has people do what causes activities.
func act(t *testing.T, s *teamstest.Server) {
	t.Helper()
	c := newClient(t, s)
	root := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" 지난달 매출?")
	s.Say(teamstest.Alex, root.Conversation, s.Mention()+" and by city?")
	s.Say(teamstest.Alex, teamstest.Group, s.Mention()+" hi "+s.At(teamstest.Minji))
	s.Say(teamstest.Outsider, teamstest.Outsider, "hi")
	s.DropFile(teamstest.Minji, "표.csv", []byte("a,b\n"), "")
	id := c.send(root.Conversation, with(withCard(obj{"type": "TextBlock", "text": "x"}, obj{"type": "ActionSet", "actions": []any{
		obj{"type": "Action.Submit", "title": "submit", "data": obj{"a": 1}}, obj{"type": "Action.Execute", "title": "execute", "verb": "v"},
		obj{"type": "Action.Submit", "title": "open", "data": obj{"msteams": obj{"type": "task/fetch"}}},
	}}), "channelData", obj{"feedbackLoop": obj{"type": "default"}}))
	m, _ := s.Message(root.Conversation, id)
	for _, action := range []string{"submit", "execute", "open"} {
		if err := s.Press(teamstest.Minji, m, action); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Feedback(teamstest.Minji, m, "like", "좋아요"); err != nil {
		t.Fatal(err)
	}
	s.React(teamstest.Minji, m, "heart")
	s.React(teamstest.Minji, m, "heart")
	s.Edit(root, s.Mention()+" last month's revenue?")
	s.Delete(root)
	s.Undelete(root)
	s.Join(teamstest.Newcomer, teamstest.Sales)
	s.Leave(teamstest.Newcomer, teamstest.Sales)
	s.Install(teamstest.Newcomer, teamstest.Newcomer)
	s.Uninstall(teamstest.Newcomer, teamstest.Newcomer)
	s.Install(teamstest.Alex, teamstest.Sales)
}

func with(activity obj, name string, value any) obj {
	activity[name] = value
	return activity
}

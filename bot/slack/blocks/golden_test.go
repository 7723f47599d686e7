package blocks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// levels are all levels by name.
var levels = map[string]blocks.Level{
	"native": blocks.Native, "pictures": blocks.Pictures, "sections": blocks.Sections, "text": blocks.Text,
}

// messages are all that are laid out here.
func messages() map[string]bot.Message {
	all := bottest.Messages()
	maps.Copy(all, bottest.Digests())
	return all
}

// golden is what is kept of a message.
type golden struct {
	Layouts []kept `json:"layouts"`
}

type kept struct {
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks,omitempty"`
}

// pictured lays msg out as the driver does: with the pictures that the level needs.
func pictured(msg bot.Message, level blocks.Level) []blocks.Layout {
	images := map[int]string{}
	for _, i := range blocks.NeedsPicture(msg, level) {
		images[i] = fmt.Sprintf("F0PICTURE%02d", i)
	}
	return blocks.Render(msg, level, blocks.Options{Images: images})
}

func goldenOf(t *testing.T, msg bot.Message, level blocks.Level) []byte {
	t.Helper()
	var g golden
	for _, l := range pictured(msg, level) {
		g.Layouts = append(g.Layouts, kept{l.Text, l.Blocks})
	}
	return marshal(t, g)
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func goldenFile(level, name string) string {
	return filepath.Join("testdata", "golden", level, name+".json")
}

func TestGolden(t *testing.T) {
	for level, l := range levels {
		if *update {
			if err := os.MkdirAll(filepath.Dir(goldenFile(level, "x")), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		messages := messages()
		for _, name := range slices.Sorted(maps.Keys(messages)) {
			got := goldenOf(t, messages[name], l)
			file := goldenFile(level, name)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (write it with -update, and look at it)", err)
			}
			if string(got) != string(want) {
				t.Errorf("%s/%s is laid out differently (go test -update writes it anew); now:\n%s", level, name, got)
			}
		}
	}
}

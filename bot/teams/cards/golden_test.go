package cards_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/cards"
)

var update = flag.Bool("update", false, "write the golden files anew")

type object = map[string]any

// dot is the smallest picture.
func dot(t testing.TB) []byte { return blank(t, 1, 1) }

func blank(t testing.TB, w, h int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// ways are the ways in which the driver has messages laid out.
func ways(t testing.TB, msg bot.Message) map[string]cards.Options {
	pictures := map[int][]byte{}
	for _, i := range cards.WantsPicture(msg) {
		pictures[i] = dot(t)
	}
	links := map[string]string{}
	for _, table := range msg.Tables {
		links[table.Result] = "https://bapsang.example/csv/x?sig=1"
	}
	return map[string]cards.Options{
		"channel":  {Pictures: pictures, CSV: links},
		"personal": {Pictures: pictures, Streamed: true, Feedback: true},
		"bare":     {},
	}
}

// golden is what is kept of a layout.
type golden struct {
	Text     string            `json:"text"`
	Summary  string            `json:"summary"`
	Feedback bool              `json:"feedback,omitempty"`
	Entities []json.RawMessage `json:"entities,omitempty"`
	Card     json.RawMessage   `json:"card,omitempty"`
}

func marshal(t testing.TB, v any) []byte {
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

func TestGolden(t *testing.T) {
	layouts := map[string]cards.Layout{}
	for name, msg := range fixtures() {
		for way, opts := range ways(t, msg) {
			layouts[way+"/"+name] = cards.Render(msg, opts)
		}
	}
	for name, l := range forms(t) {
		layouts["dialog/"+name] = l
	}
	for _, name := range slices.Sorted(maps.Keys(layouts)) {
		l := layouts[name]
		got := marshal(t, golden{l.Text, l.Summary, l.Feedback, l.Entities, l.Card})
		file := filepath.Join("testdata", "golden", name+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v (write it with -update, and look at it)", err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is laid out differently (go test -update writes it anew); now:\n%s", name, got)
		}
	}
}

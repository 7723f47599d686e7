package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var ours = company{
	AppID: "B0B5A000-1111-4222-8333-444455556666", URL: "https://bapsang.example.com/", Name: `밥상 "컴퍼니"`, Version: "1.2.3", FollowUps: true,
}

// files are what is in the package of c.
func files(t *testing.T, c company) map[string][]byte {
	t.Helper()
	var b bytes.Buffer
	if err := pack(&b, c); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = data
	}
	return out
}

func TestThePackageIsWhole(t *testing.T) {
	t.Parallel()
	got := files(t, ours)
	var m struct {
		ID        string
		Version   string
		Developer struct{ Name, WebsiteURL string }
		Bots      []struct {
			BotID         string
			Scopes        []string
			SupportsFiles bool
			CommandLists  []struct {
				Commands []struct{ Title, Description string }
			}
		}
		ValidDomains  []string
		Authorization struct {
			Permissions struct{ ResourceSpecific []struct{ Name string } }
		}
	}
	if err := json.Unmarshal(got["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	id := strings.ToLower(ours.AppID)
	if m.ID != id || m.Version != "1.2.3" || m.Developer.Name != ours.Name || m.Developer.WebsiteURL != "https://bapsang.example.com" ||
		len(m.Bots) != 1 || m.Bots[0].BotID != id || !m.Bots[0].SupportsFiles || !slices.Equal(m.Bots[0].Scopes, []string{"personal", "team", "groupChat"}) ||
		!slices.Equal(m.ValidDomains, []string{"bapsang.example.com"}) || len(m.Authorization.Permissions.ResourceSpecific) != 1 {
		t.Errorf("%+v", m)
	}
	if left := regexp.MustCompile(`\{\{.*?\}\}`).Find(got["manifest.json"]); left != nil {
		t.Errorf("%s is left", left)
	}
	var ko map[string]string
	if err := json.Unmarshal(got["ko.json"], &ko); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, list := range m.Bots[0].CommandLists {
		commands += len(list.Commands)
	}
	if n := strings.Count(string(got["ko.json"]), ".title"); n != commands {
		t.Errorf("%d of %d commands are in Korean", n, commands)
	}
	for name, side := range map[string]int{"color.png": 192, "outline.png": 32} {
		c, err := png.DecodeConfig(bytes.NewReader(got[name]))
		if err != nil || c.Width != side || c.Height != side {
			t.Errorf("%s is %+v, %v", name, c, err)
		}
	}
	silent := ours
	silent.FollowUps = false
	if text := string(files(t, silent)["manifest.json"]); strings.Contains(text, "ChannelMessage.Read.Group") || !strings.Contains(text, id) {
		t.Errorf("without follow-ups: %s", text)
	}
}

func TestMistakesAreSaid(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*company){
		"-app-id":  func(c *company) { c.AppID = "bapsang" },
		"-url":     func(c *company) { c.URL = "http://bapsang.example.com" },
		"-company": func(c *company) { c.Name = strings.Repeat("가", 33) },
		"-version": func(c *company) { c.Version = "1.2" },
	} {
		c := ours
		change(&c)
		if err := pack(io.Discard, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestMicrosoftsSchemasTakeIt(t *testing.T) {
	t.Parallel()
	npm, err := filepath.Abs(filepath.Join("testdata", "npm"))
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(npm, "node_modules", "@microsoft", "app-manifest"))
	}
	if err != nil {
		const how = "Microsoft's schemas are not here (apt install nodejs npm; npm ci --prefix deploy/teams/testdata/npm)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	judge := func(all map[string][]byte) map[string][]string {
		in := map[string]json.RawMessage{"manifest.json": all["manifest.json"], "ko.json": all["ko.json"]}
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "node", filepath.Join(npm, "judge.mjs"))
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		if err != nil {
			var exit *exec.ExitError
			errors.As(err, &exit)
			t.Fatalf("%v %+v", err, exit)
		}
		var verdicts map[string][]string
		if err := json.Unmarshal(out, &verdicts); err != nil {
			t.Fatal(err)
		}
		return verdicts
	}
	silent := ours
	silent.FollowUps = false
	for _, c := range []company{ours, silent} {
		for name, wrong := range judge(files(t, c)) {
			if len(wrong) > 0 {
				t.Errorf("%s: %q", name, wrong)
			}
		}
	}
	broken := files(t, ours)
	broken["manifest.json"] = bytes.Replace(broken["manifest.json"], []byte(`"groupChat"`), []byte(`"everywhere"`), 1)
	if len(judge(broken)["manifest.json"]) == 0 {
		t.Error("the schemas take anything")
	}
}

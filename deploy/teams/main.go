// Command teams writes the app package that is uploaded to Microsoft Teams:
//
//	go run ./deploy/teams -app-id 00000000-0000-0000-0000-000000000000 -url https://bapsang.example.com -o bapsang-teams.zip
//
// The package is the manifest with what only the company knows filled in, its words in
// Korean, and two icons, which are drawn here.
package main

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"
)

//go:embed manifest.json
var manifest string

//go:embed ko.json
var korean []byte

// company is what the manifest does not know.
type company struct {
	AppID     string
	URL       string // where browsers reach the server, or the company
	Name      string
	Version   string
	FollowUps bool // to hear follow-ups in channels without a mention
}

func main() {
	var c company
	flag.StringVar(&c.AppID, "app-id", "", "the application (client) id of the bot's registration")
	flag.StringVar(&c.URL, "url", "", "the address of your server, such as https://bapsang.example.com")
	flag.StringVar(&c.Name, "company", "Our company", "who made the app, as Teams shows it")
	flag.StringVar(&c.Version, "version", "1.0.0", "the package's version; raise it to update an app that is installed")
	flag.BoolVar(&c.FollowUps, "follow-ups", true, "ask for the right to hear follow-ups in a channel without a mention; the owner of a team grants it")
	out := flag.String("o", "bapsang-teams.zip", "the file to write")
	flag.Parse()
	if err := write(*out, c); err != nil {
		fmt.Fprintln(os.Stderr, "teams:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, *out)
}

func write(path string, c company) error {
	var b bytes.Buffer
	if err := pack(&b, c); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // it is handed around
		return fmt.Errorf("write package: %w", err)
	}
	return nil
}

// pack writes the package. What is in it is the same for the same company.
func pack(w io.Writer, c company) error {
	filled, err := fill(c)
	if err != nil {
		return err
	}
	color, err := colorIcon()
	if err != nil {
		return err
	}
	outline, err := outlineIcon()
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, f := range []struct {
		name string
		data []byte
	}{{"manifest.json", filled}, {"ko.json", korean}, {"color.png", color}, {"outline.png", outline}} {
		out, err := z.Create(f.name)
		if err == nil {
			_, err = out.Write(f.data)
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	return z.Close()
}

var (
	guid    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	version = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`)
)

// fill fills the manifest in.
func fill(c company) ([]byte, error) {
	u, err := url.Parse(c.URL)
	switch {
	case !guid.MatchString(c.AppID):
		return nil, errors.New("-app-id is no id: it looks like 00000000-0000-0000-0000-000000000000, on the overview of the app's registration")
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "":
		return nil, errors.New("-url is no address of a server: it looks like https://bapsang.example.com")
	case len([]rune(c.Name)) > 32 || strings.TrimSpace(c.Name) == "":
		return nil, errors.New("-company is empty or longer than the 32 characters that Teams takes")
	case !version.MatchString(c.Version):
		return nil, errors.New("-version is no version: it looks like 1.0.0")
	}
	name, err := json.Marshal(c.Name)
	if err != nil {
		return nil, fmt.Errorf("company: %w", err)
	}
	text := strings.NewReplacer(
		"{{APP_ID}}", strings.ToLower(c.AppID), "{{URL}}", strings.TrimSuffix(u.String(), "/"), "{{HOST}}", u.Hostname(), `"{{COMPANY}}"`, string(name),
		`"version": "1.0.0"`, `"version": "`+c.Version+`"`,
	).Replace(manifest)
	if c.FollowUps {
		return []byte(text), nil
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	delete(m, "authorization")
	delete(m, "webApplicationInfo")
	return json.MarshalIndent(m, "", "  ")
}

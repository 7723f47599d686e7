package check_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// TestDockerfile: BuildKit's own parser and linter take it. No engine runs it here.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		t.Error(w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, at []parser.Range) { t.Errorf("%v: %s: %s", at, rule, message) }})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	last := stages[len(stages)-1]
	if !strings.HasPrefix(last.BaseName, "gcr.io/distroless/cc-debian12") || !strings.HasSuffix(stages[0].BaseName, "-bookworm") {
		t.Errorf("%s and %s are not of Debian 12 both: the C libraries would not fit", stages[0].BaseName, last.BaseName)
	}
	var user, program string
	copied := map[string]bool{}
	for _, c := range last.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			program = c.CmdLine[0]
		case *instructions.CopyCommand:
			copied[c.DestPath] = true
		case *instructions.RunCommand:
			t.Errorf("there is no shell to run %v", c.CmdLine)
		}
	}
	if user != "65532:65532" {
		t.Errorf("the image runs as %q, the chart as 65532", user)
	}
	if !copied[program] || path.Base(program) != "bapsang" {
		t.Errorf("the image starts %s, and has %v", program, copied)
	}
}

// TestContextIsWhole: what git has and the context lacks would make the build say "dirty".
func TestContextIsWhole(t *testing.T) {
	f, err := os.Open("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
	if err != nil || len(patterns) == 0 {
		t.Fatalf("%d patterns: %v", len(patterns), err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "-C", "../..", "ls-files", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.Trim(string(out), "\x00"), "\x00")
	if !slices.Contains(files, "go.mod") {
		t.Fatalf("git names %d files", len(files))
	}
	for _, file := range append(files, ".git/HEAD") {
		if hit, err := ignored.MatchesOrParentMatches(file); err != nil || hit {
			t.Errorf("%s is not in the context: %v", file, err)
		}
	}
}

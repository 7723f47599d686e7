package mcp_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/mcp"
)

// everything starts a tool of the protocol's own test server, or skips saying how to
// have it.
func everything(t *testing.T, tool string, args mcp.Arguments) *mcp.Searcher {
	t.Helper()
	node, err := exec.LookPath("node")
	script, _ := filepath.Abs(filepath.Join("testdata", "npm", "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js"))
	if err == nil {
		_, err = os.Stat(script)
	}
	if err != nil {
		const how = "the MCP test server is not here (apt install nodejs npm; npm ci --prefix connectors/mcp/testdata/npm)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return approved(t, mcp.Options{Command: []string{node, script, "stdio"}, Env: []string{"GREETING=안녕"}, Tool: tool, Arguments: args})
}

// TestEverything searches by tools of a server that is not ours, in another language.
func TestEverything(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	const text = "똠방각하의 블랙프라이데이 🛒 11월 27일(금)"
	got, err := search(t, everything(t, "echo", mcp.Arguments{Query: "message"}), text)
	if err != nil || len(got) != 1 || got[0].Snippet != "Echo: "+text {
		t.Errorf("echo: %v, %v", got, err)
	}
	got, err = search(t, everything(t, "get-resource-links", mcp.Arguments{Max: "count"}), text)
	if err != nil || len(got) != 10 || !strings.HasPrefix(got[1].Title, "Text Resource") || got[1].URL != "" {
		t.Errorf("links: %v, %v", got, err)
	}
	s := everything(t, "get-structured-content", mcp.Arguments{Query: "location"})
	if got, err = search(t, s, "New York"); err != nil {
		t.Errorf("structured: %v, %v", got, err)
	}
	if _, err = search(t, s, "서울"); connectors.CodeOf(err) != connectors.CodeUnavailable {
		t.Errorf("an argument that the tool refuses: %v", err)
	}
}

package check_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	syaml "sigs.k8s.io/yaml"
)

// TestCompose: the file is one of the Compose specification (its schema is of compose-go
// 2.4.9, Apache-2.0), and its containers may do as little as a pod of the chart.
func TestCompose(t *testing.T) {
	data, err := os.ReadFile("../compose/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := syaml.YAMLToJSONStrict(data)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("testdata/compose-spec.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
	var file struct {
		Services map[string]struct {
			User        string   `json:"user"`
			ReadOnly    bool     `json:"read_only"`
			CapDrop     []string `json:"cap_drop"`
			SecurityOpt []string `json:"security_opt"`
			Ports       []string `json:"ports"`
			Command     []string `json:"command"`
		} `json:"services"`
	}
	if err := syaml.Unmarshal(asJSON, &file); err != nil {
		t.Fatal(err)
	}
	for name, s := range file.Services {
		if len(s.CapDrop) != 1 || s.CapDrop[0] != "ALL" || len(s.SecurityOpt) == 0 {
			t.Errorf("%s keeps capabilities, or may gain some", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s listens on %s for everybody", name, p)
			}
		}
		if len(s.Command) > 0 && (s.User != "65532:65532" || !s.ReadOnly) {
			t.Errorf("%s is not as confined as a pod", name)
		}
	}
	if len(file.Services) != 4 {
		t.Errorf("%d services", len(file.Services))
	}
}

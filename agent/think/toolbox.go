package think

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/kaptinlin/jsonrepair"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bapsang/bapsang/agent/llm"
)

// The tools of every question.
const (
	toolAnswer  = "answer"
	toolQuery   = "query"
	toolLookup  = "lookup"
	toolAskBack = "ask_back"
	toolDecline = "decline"
	toolPlan    = "plan" // of deep questions
)

//go:embed tools/*.json
var toolFiles embed.FS

// descriptions say when to use a tool; instructions say it at length.
var descriptions = []struct{ name, text string }{
	{toolAnswer, "Hand back the answer: the queries that compute it and a text that refers to their results. This ends the question."},
	{toolQuery, "Run queries and see their first rows. Only when the answer cannot be written without."},
	{toolLookup, "Look for tables, columns, metrics, values and knowledge by words."},
	{toolAskBack, "Ask the asker one question back, with the readings to choose from. This ends the question."},
	{toolDecline, "Say that these data cannot answer, and what they could. This ends the question."},
	{toolPlan, "Tell the asker what you will look at. First, and only for thorough answers."},
}

// toolbox holds the tools that the thinker itself has.
type toolbox struct {
	specs   []llm.Tool // in a fixed order, plan last
	schemas map[string]*jsonschema.Schema
}

// newToolbox returns the tools; with several, their queries say which source they are for.
func newToolbox(several bool) (*toolbox, error) {
	t := &toolbox{schemas: map[string]*jsonschema.Schema{}}
	defs, err := toolFiles.ReadFile("tools/defs.json")
	if err != nil {
		return nil, fmt.Errorf("read tools: %w", err)
	}
	if several {
		more, err := toolFiles.ReadFile("tools/several.json")
		if err != nil {
			return nil, fmt.Errorf("read tools: %w", err)
		}
		const sql = `"sql": {"type": "string"},`
		defs = []byte(strings.Replace(string(defs), sql, strings.TrimSpace(string(more))+",", 1))
	}
	for _, d := range descriptions {
		raw, err := toolFiles.ReadFile("tools/" + d.name + ".json")
		if err != nil {
			return nil, fmt.Errorf("read tools: %w", err)
		}
		if strings.Contains(string(raw), "#/$defs/") {
			body := strings.TrimSpace(string(raw))
			raw = []byte(body[:len(body)-1] + `, "$defs": ` + string(defs) + "}")
		}
		schema, err := compileSchema(d.name, raw)
		if err != nil {
			return nil, err
		}
		compact, err := json.Marshal(json.RawMessage(raw))
		if err != nil {
			return nil, fmt.Errorf("tool %s: %w", d.name, err)
		}
		t.schemas[d.name] = schema
		t.specs = append(t.specs, llm.Tool{Name: d.name, Description: d.text, Parameters: compact})
	}
	return t, nil
}

func compileSchema(name string, raw []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		return nil, fmt.Errorf("schema of tool %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name+".json", doc); err != nil {
		return nil, fmt.Errorf("schema of tool %s: %w", name, err)
	}
	schema, err := c.Compile(name + ".json")
	if err != nil {
		return nil, fmt.Errorf("schema of tool %s: %w", name, err)
	}
	return schema, nil
}

// forQuestion are the tools a question is sent with.
func (t *toolbox) forQuestion(deep bool, more []Tool) []llm.Tool {
	n := len(t.specs)
	if !deep {
		n--
	}
	out := append([]llm.Tool(nil), t.specs[:n]...)
	for _, m := range more {
		out = append(out, m.Spec)
	}
	return out
}

var (
	toolName   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}`)
	codeFence  = regexp.MustCompile("(?s)^```[a-z]*\\s*(.*?)\\s*```$")
	nameSpaces = regexp.MustCompile(`^(?:functions?|tools?)[.:/]`)
)

// plainName is a tool's name without what models put around it:
// "functions.query<|channel|>commentary" is query.
func plainName(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.Index(s, "<|"); i >= 0 {
		s = s[:i]
	}
	return toolName.FindString(nameSpaces.ReplaceAllString(s, ""))
}

// arguments reads a call's arguments, mended where that is possible.
func (t *toolbox) arguments(name, text string) (json.RawMessage, error) {
	text = strings.TrimSpace(text)
	if m := codeFence.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	if text == "" {
		text = "{}"
	}
	if !json.Valid([]byte(text)) {
		mended, err := jsonrepair.Repair(text)
		if err != nil || !json.Valid([]byte(mended)) {
			return nil, errors.New("the arguments are not JSON")
		}
		text = mended
	}
	var wrapped string // a JSON document as a JSON string
	if json.Unmarshal([]byte(text), &wrapped) == nil && json.Valid([]byte(wrapped)) {
		text = wrapped
	}
	text = string(lenient(name, json.RawMessage(text)))
	if schema := t.schemas[name]; schema != nil {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			return nil, errors.New("the arguments are not JSON")
		}
		if err := schema.Validate(doc); err != nil {
			return nil, fmt.Errorf("the arguments do not fit: %s", schemaProblem(err))
		}
	}
	return json.RawMessage(text), nil
}

// schemaProblem says what does not fit in one line.
func schemaProblem(err error) string {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err.Error()
	}
	var lines []string
	var leaves func(*jsonschema.ValidationError)
	leaves = func(v *jsonschema.ValidationError) {
		if len(v.Causes) == 0 {
			at := "/" + strings.Join(v.InstanceLocation, "/")
			message := v.Error()
			if i := strings.LastIndex(message, ": "); i >= 0 {
				message = message[i+2:]
			}
			lines = append(lines, at+" "+message)
		}
		for _, c := range v.Causes {
			leaves(c)
		}
	}
	leaves(v)
	return clip(strings.Join(lines, "; "), 400)
}

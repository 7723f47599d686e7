package semantic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What our extension holds on each element, as JSON.
type (
	modelExtension struct {
		Timezone        string `json:"timezone,omitempty"`
		WeekStart       string `json:"week_start,omitempty"`
		FiscalYearStart int    `json:"fiscal_year_start,omitempty"`
	}
	datasetExtension struct {
		Label  Label  `json:"label,omitzero"`
		Filter string `json:"filter,omitempty"`
		Hidden bool   `json:"hidden,omitempty"`
		Source string `json:"source,omitempty"`
	}
	fieldExtension struct {
		Label   Label          `json:"label,omitzero"`
		Kind    Kind           `json:"kind,omitempty"`
		Format  string         `json:"format,omitempty"`
		Values  []ValueSynonym `json:"values,omitempty"`
		Ordered []string       `json:"ordered,omitempty"`
		Totals  []string       `json:"totals,omitempty"`
		Hidden  bool           `json:"hidden,omitempty"`
		IsName  bool           `json:"is_name,omitempty"`
		SameAs  []string       `json:"same_as,omitempty"`
	}
	metricExtension struct {
		Label         Label  `json:"label,omitzero"`
		Description   Label  `json:"description,omitzero"`
		Format        string `json:"format,omitempty"`
		Time          string `json:"time,omitempty"`
		LowerIsBetter bool   `json:"lower_is_better,omitempty"`
		Default       bool   `json:"default,omitempty"`
		Hidden        bool   `json:"hidden,omitempty"`
	}
)

// decodeExtension reads one of ours strictly: a misspelt key must not be silently
// without effect.
func decodeExtension(data string, into any) error {
	dec := json.NewDecoder(strings.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

// encodeExtension writes one of ours, "" when it says nothing.
func encodeExtension(from any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(from); err != nil {
		return "", fmt.Errorf("encode extension: %w", err)
	}
	text := strings.TrimSpace(b.String())
	if text == "{}" {
		return "", nil
	}
	return text, nil
}

func (k Kind) known() bool {
	switch k {
	case "", Categorical, Numeric, Temporal, Boolean, FreeText, Identifier:
		return true
	}
	return false
}

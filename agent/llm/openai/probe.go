package openai

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
)

// ModelInfo is a model that a server serves.
type ModelInfo struct {
	ID         string `json:"id"`
	MaxContext int    `json:"max_model_len"` // in tokens, 0 where the server does not say
}

// probeLimit is how long a probe may take.
const probeLimit = 10 * time.Second

// Models asks the server what it serves. It costs no call of the budget. Errors are of
// type *llm.Error.
func (c *Client) Models(ctx context.Context) ([]ModelInfo, error) {
	body, call, err := c.get(ctx, c.opts.BaseURL+"/models")
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []ModelInfo `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil || list.Data == nil {
		return nil, &llm.Error{Code: llm.CodeBroken, Backend: c.opts.Name, Status: call.status, Message: "no list of models"}
	}
	return list.Data, nil
}

// Ping reports whether the server answers, takes the key and serves the model.
func (c *Client) Ping(ctx context.Context) error {
	models, err := c.Models(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, m := range models {
		if m.ID == c.opts.Model {
			return nil
		}
		names = append(names, m.ID)
	}
	return &llm.Error{
		Code: llm.CodeNoModel, Backend: c.opts.Name, Status: http.StatusOK,
		Message: fmt.Sprintf("no model %q; there is %q", c.opts.Model, names),
	}
}

// Load implements [llm.LoadReader] by vLLM's /metrics, which lies beside /v1.
func (c *Client) Load(ctx context.Context) (llm.Load, error) {
	body, call, err := c.get(ctx, strings.TrimSuffix(c.opts.BaseURL, "/v1")+"/metrics")
	if err != nil {
		return llm.Load{}, err
	}
	load, ok := readLoad(body)
	if !ok {
		return llm.Load{}, &llm.Error{
			Code: llm.CodeRefused, Backend: c.opts.Name, Status: call.status, Message: "the metrics are not vLLM's",
		}
	}
	return load, nil
}

// readLoad adds up the engines. Counters had other names before 0.9.
func readLoad(body []byte) (llm.Load, bool) {
	var l llm.Load
	found := false
	for sc := bufio.NewScanner(bytes.NewReader(body)); sc.Scan(); {
		name, v, ok := sample(sc.Text())
		if !ok {
			continue
		}
		switch name {
		case "vllm:num_requests_running":
			l.Running += int(v)
			found = true
		case "vllm:num_requests_waiting":
			l.Waiting += int(v)
		case "vllm:prefix_cache_queries_total", "vllm:prefix_cache_queries", "vllm:gpu_prefix_cache_queries_total":
			l.CacheAsked += v
		case "vllm:prefix_cache_hits_total", "vllm:prefix_cache_hits", "vllm:gpu_prefix_cache_hits_total":
			l.CacheHit += v
		}
	}
	return l, found
}

// sample reads a line of the Prometheus text format: name{labels} value.
func sample(line string) (name string, v float64, ok bool) {
	if !strings.HasPrefix(line, "vllm:") {
		return "", 0, false
	}
	end := strings.LastIndexByte(line, ' ')
	if end < 0 {
		return "", 0, false
	}
	v, err := strconv.ParseFloat(line[end+1:], 64)
	name, _, _ = strings.Cut(line[:end], "{")
	return name, v, err == nil
}

// get asks for something small.
func (c *Client) get(ctx context.Context, url string) ([]byte, *call, error) {
	call := &call{sent: true}
	watched, stop := watch(ctx, probeLimit, probeLimit)
	defer stop()
	call.watch = watched
	err := c.fetch(watched.with(call), url, call)
	if err != nil {
		return nil, nil, c.failure(ctx, call, err)
	}
	return call.body, call, nil
}

func (c *Client) fetch(ctx context.Context, url string, call *call) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if c.opts.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.opts.Key)
	}
	resp, err := c.doer.send(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	call.status, call.header = resp.StatusCode, resp.Header
	call.body, err = readAll(call.watch.body(resp.Body), 4<<20)
	if err == nil && call.status != http.StatusOK {
		return errStatus
	}
	return err
}

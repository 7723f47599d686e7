package blocks

import (
	"fmt"
	"hash/fnv"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// DisplayPlan is the task_display_mode in which Chunks are to be streamed: the steps as
// one list under a title.
const DisplayPlan = slack.TaskDisplayModePlan

// maxTask is how long a task's title gets: ours, a line or two.
const maxTask = 200

// Chunks says how far a question is as chunks of a stream. A task of the same id is
// updated in place, so whatever goes on has one id, and a step keeps its own while the
// list around it moves. Messages of other kinds have no chunks: their blocks are what
// ends the stream.
func Chunks(msg bot.Message) []slack.StreamChunk {
	if msg.Kind != bot.KindProgress {
		return nil
	}
	w := wordsOf(msg)
	chunks := []slack.StreamChunk{slack.NewPlanUpdateChunk(w.Working)}
	now := task("now", taskTitle(layout.Plain(parse(msg.Text))), slack.TaskCardStatusInProgress)
	now.Details = w.Waits(msg)
	return append(append(chunks, steps(msg)...), now)
}

func steps(msg bot.Message) []slack.StreamChunk {
	if msg.Progress == nil {
		return nil
	}
	var out []slack.StreamChunk
	seen := map[string]int{}
	for _, s := range msg.Progress.Steps {
		title := taskTitle(s.Text)
		if s.Text == msg.Text || s.Text == "" {
			continue // it is what goes on
		}
		status := slack.TaskCardStatusPending
		switch {
		case s.Done:
			status = slack.TaskCardStatusComplete
		case !s.At.IsZero():
			status = slack.TaskCardStatusInProgress
		}
		seen[s.Text]++
		out = append(out, task(taskID(s.Text, seen[s.Text]), title, status))
	}
	return out
}

// task is a task_update. Slack's own clients take none without a status.
func task(id, title string, status slack.TaskCardStatus) slack.TaskUpdateChunk {
	chunk := slack.NewTaskUpdateChunk(id, title)
	chunk.Status = status
	return chunk
}

// taskID names a step by its text: its place in the list changes when others are left
// out.
func taskID(text string, n int) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return fmt.Sprintf("s%016x-%d", h.Sum64(), n)
}

func taskTitle(text string) string {
	if text = layout.Cut(layout.OneLine(literal(text)), maxTask); text == "" {
		return "…"
	}
	return text
}

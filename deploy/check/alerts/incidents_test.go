package alerts_test

import "fmt"

// buckets are a histogram of n observations a scrape, all of them between two bounds.
func buckets(name string, bounds []string, upTo string, n float64, minutes int) []string {
	var out []string
	there := false
	for _, le := range append(bounds, "+Inf") {
		there = there || le == upTo
		each := 0.0
		if there {
			each = n
		}
		out = append(out, in(name+"_bucket", fmt.Sprintf("le=%q", le), grows(0, each, minutes)))
	}
	return append(out, in(name+"_count", "", grows(0, n, minutes)))
}

// Bounds of the program's histograms, as far as they matter.
func answerBounds() []string { return []string{"1", "10", "30", "60", "300"} }
func slackBounds() []string  { return []string{"0.1", "0.5", "1", "2.5"} }
func teamsBounds() []string  { return []string{"0.1", "1", "2.5", "5"} }

// incidents happen from the tenth minute on, where nothing else is said. A window leaves out
// its oldest sample, so that what it shows is over half a minute before its length; a series
// that is told no more is there for five minutes yet.
func incidents() []incident {
	one := func(lines ...string) []string { return lines }
	return []incident{
		// Whether it is there.
		{"the only worker dies and comes back", "BapsangDown", one(in("up", `role="worker"`, flat(1, 10)+flat(0, 10)+flat(1, 10))), 30, 12, 20, "No worker process answers in data"},
		{"one of two workers dies", "BapsangDown", one(in("up", `role="worker"`, flat(1, 10)+flat(0, 20)), `up{job="bapsang",namespace="data",instance="b",role="worker"} `+flat(1, 30)), 30, -1, 0, ""},
		{"a restart of a minute", "BapsangDown", one(in("up", `role="worker"`, flat(1, 10)+flat(0, 1)+flat(1, 19))), 30, -1, 0, ""},
		{"a cluster has no pod of a role any more", "BapsangDown", one(in("up", `role="chat"`, flat(1, 10)+absent(15)+flat(1, 5))), 30, 16.5, 25, "No chat process answers"},
		{"a process dies again and again", "BapsangRestarts", one(in("process_start_time_seconds", `role="worker"`, flat(1000, 10)+grows(2000, 60, 4)+flat(9000, 46))), 60, 12, 41.5, "role worker started"},
		{"a rolling restart of three", "BapsangRestarts", one(
			in("process_start_time_seconds", `role="worker"`, flat(1000, 10)+flat(2000, 50)),
			`process_start_time_seconds{job="bapsang",namespace="data",instance="b",role="worker"} `+flat(1000, 11)+flat(2000, 49),
			`process_start_time_seconds{job="bapsang",namespace="data",instance="c",role="worker"} `+flat(1000, 12)+flat(2000, 48),
		), 60, -1, 0, ""},
		{"the store is away", "BapsangStoreAway", one(in("up", `role="worker"`, flat(1, 40)), in("bapsang_queue_jobs", `class="foreground",state="waiting"`, flat(0, 10)+"stale "+absent(9)+"_ "+flat(0, 20))), 40, 12, 20, "1 processes cannot read the queue"},
		{"the database restarts", "BapsangStoreAway", one(in("up", `role="worker"`, flat(1, 30)), in("bapsang_queue_jobs", `class="foreground",state="waiting"`, flat(0, 10)+"stale "+flat(0, 19))), 30, -1, 0, ""},

		// Questions.
		{"no worker takes questions", "BapsangQuestionsWait", one(in("bapsang_queue_oldest_seconds", `class="foreground"`, flat(0, 10)+grows(0, 30, 15)+flat(0, 15))), 40, 16.5, 25, "has waited"},
		{"a rush of two minutes", "BapsangQuestionsWait", one(in("bapsang_queue_oldest_seconds", `class="foreground"`, flat(0, 10)+flat(90, 2)+flat(0, 18))), 30, -1, 0, ""},
		{"digests wait, people do not", "BapsangQuestionsWait", one(in("bapsang_queue_oldest_seconds", `class="background"`, flat(500, 30)), in("bapsang_queue_oldest_seconds", `class="foreground"`, flat(1, 30))), 30, -1, 0, ""},
		{"every fifth question fails", "BapsangAnswersFail", one(in("bapsang_questions_total", "", grows(0, 5, 90)), in("bapsang_failures_total", "", flat(0, 10)+grows(1, 1, 10)+flat(20, 70))), 90, 18, 30.5, "one question in twenty"},
		{"two questions fail", "BapsangAnswersFail", one(in("bapsang_questions_total", "", grows(0, 0.1, 60)), in("bapsang_failures_total", "", flat(0, 10)+flat(2, 50))), 60, -1, 0, ""},
		{"answers take ten minutes", "BapsangAnswersSlow", buckets("bapsang_question_seconds", answerBounds(), "+Inf", 2, 60), 60, 15.5, 0, "five minutes or longer"},
		{"answers take a minute", "BapsangAnswersSlow", buckets("bapsang_question_seconds", answerBounds(), "60", 2, 60), 60, -1, 0, ""},

		// The language model.
		{"the wait for the model is three minutes", "BapsangModelSaturated", one(in("bapsang_model_wait_seconds", "", flat(0, 10)+flat(180, 20)+flat(0, 10))), 40, 20, 30, "waits 180 s"},
		{"less is done for long", "BapsangModelSaturated", one(in("bapsang_degradation_level", "", flat(0, 10)+flat(2, 20)+flat(0, 10))), 40, 20, 30, "level 2"},
		{"the wait is three minutes for five", "BapsangModelSaturated", one(in("bapsang_model_wait_seconds", "", flat(0, 10)+flat(180, 5)+flat(0, 15))), 30, -1, 0, ""},
		{"the model refuses calls", "BapsangModelRefuses", one(in("bapsang_llm_requests_total", `backend="company",code="limited"`, flat(0, 10)+grows(1, 1, 10)+flat(20, 40))), 60, 17.5, 27, "company answered 429"},
		{"one refusal", "BapsangModelRefuses", one(in("bapsang_llm_requests_total", `backend="company",code="limited"`, flat(0, 10)+flat(1, 50))), 60, -1, 0, ""},
		{"no model answers", "BapsangModelDown", one(in("bapsang_llm_broken", `backend="company"`, flat(0, 10)+flat(1, 10)+flat(0, 10)), in("bapsang_llm_broken", `backend="spare"`, flat(0, 10)+flat(1, 10)+flat(0, 10))), 30, 12, 20, "Every backend"},
		{"one of two models answers", "BapsangModelDown", one(in("bapsang_llm_broken", `backend="company"`, flat(0, 10)+flat(1, 20)), in("bapsang_llm_broken", `backend="spare"`, flat(0, 30))), 30, -1, 0, ""},
		{"one of two models does not answer", "BapsangModelFallback", one(in("bapsang_llm_broken", `backend="company"`, flat(0, 10)+flat(1, 15)+flat(0, 10)), in("bapsang_llm_broken", `backend="spare"`, flat(0, 35))), 35, 20, 25, "company is left alone"},

		// Upstreams.
		{"a source cannot be opened", "BapsangSourceAway", one(in("bapsang_source_up", `source="shop"`, flat(0, 20)+flat(1, 10)), in("bapsang_source_up", `source="sales"`, flat(1, 30))), 30, 5, 20, "shop could not be opened"},
		{"a source comes after a minute", "BapsangSourceAway", one(in("bapsang_source_up", `source="shop"`, flat(0, 1)+flat(1, 29))), 30, -1, 0, ""},
		{"an upstream is left alone", "BapsangUpstreamDistress", one(in("bapsang_upstream_paused", `system="dw"`, flat(0, 10)+flat(1, 15)+flat(0, 10))), 35, 20, 25, "dw does not answer as agreed"},
		{"an upstream is called a quarter as much", "BapsangUpstreamDistress", one(in("bapsang_upstream_pace", `system="dw"`, flat(1, 10)+flat(0.25, 15)+flat(1, 10))), 35, 20, 25, "dw does not answer as agreed"},
		{"one sign of distress", "BapsangUpstreamDistress", one(in("bapsang_upstream_pace", `system="dw"`, flat(1, 10)+grows(0.5, 0.15, 1)+flat(1, 25))), 35, -1, 0, ""},
		{"a contract is used up", "BapsangUpstreamExhausted", one(in("bapsang_outside_calls_total", `system="dw",code="exhausted"`, flat(0, 10)+grows(3, 3, 10)+flat(60, 40))), 60, 18, 31, "calls of dw were not made"},
		{"an upstream is off for more than a day", "BapsangUpstreamOff", one(in("bapsang_upstream_off", `system="dw"`, flat(0, 60)+flat(1, 1600)+flat(0, 60))), 1720, 1490, 1660, "turned dw off"},
		{"an upstream that was off when Prometheus began", "BapsangUpstreamOff", one(in("bapsang_upstream_off", `system="dw"`, flat(1, 600))), 600, -1, 0, ""},

		// Chat.
		{"Slack has no connection", "BapsangSlackDisconnected", one(in("bapsang_slack_sockets", "", flat(2, 10)+flat(0, 10)+flat(2, 10))), 30, 13, 20, "Nothing that people say"},
		{"Slack over HTTP", "BapsangSlackDisconnected", one(in("bapsang_slack_sockets", "", flat(0, 30))), 30, -1, 0, ""},
		{"the app is removed", "BapsangSlackRemoved", one(in("bapsang_slack_removed", "", flat(0, 10)+flat(1, 10)+flat(0, 10))), 30, 10, 20, "Nothing can be said"},
		{"Slack limits us", "BapsangChatLimits", one(in("bapsang_slack_calls_total", `method="chat.postMessage",outcome="ratelimited"`, flat(0, 10)+grows(1, 1, 15)+flat(30, 25))), 50, 20, 29.5, "were refused or held back"},
		{"Teams' calls are held back", "BapsangChatLimits", one(in("bapsang_teams_calls_total", `op="post",outcome="held_back"`, flat(0, 10)+grows(5, 5, 15)+flat(150, 25))), 50, 20, 29.5, "were refused or held back"},
		{"Slack is acknowledged late", "BapsangAcknowledgesLate", buckets("bapsang_slack_ack_seconds", slackBounds(), "2.5", 4, 30), 30, 5.5, 0, "three seconds"},
		{"Teams is acknowledged late", "BapsangAcknowledgesLate", buckets("bapsang_teams_ack_seconds", teamsBounds(), "5", 4, 30), 30, 5.5, 0, "three seconds"},
		{"Slack is acknowledged in time", "BapsangAcknowledgesLate", buckets("bapsang_slack_ack_seconds", slackBounds(), "0.5", 4, 30), 30, -1, 0, ""},
		{"answers cannot be shown", "BapsangAnswersUnshown", one(in("bapsang_answers_unshown_total", `code="gone"`, flat(0, 10)+flat(10, 50))), 60, 10, 39.5, "not shown (gone)"},
		{"one answer cannot be shown", "BapsangAnswersUnshown", one(in("bapsang_answers_unshown_total", `code="gone"`, flat(0, 10)+flat(1, 50))), 60, -1, 0, ""},

		// Digests.
		{"the first digest of a process fails", "BapsangDigestsFail", one(in("bapsang_digest_issues_total", `outcome="failed"`, flat(0, 10)+flat(1, 90))), 100, 10, 69.5, "ended as failed"},
		{"all digests are sent", "BapsangDigestsFail", one(in("bapsang_digest_issues_total", `outcome="sent"`, grows(0, 1, 100)), in("bapsang_digest_issues_total", `outcome="failed"`, flat(0, 100))), 100, -1, 0, ""},
		{"digests wait for half an hour", "BapsangDigestsLate", one(in("bapsang_queue_oldest_seconds", `class="background"`, flat(0, 10)+flat(1000, 20)+flat(0, 10))), 40, 15, 30, "for a scheduler"},

		// vLLM.
		{"calls wait inside vLLM", "VLLMQueueGrows", one(`vllm:num_requests_waiting{namespace="data",instance="v",model_name="m"} ` + flat(0, 10) + flat(20, 20) + flat(0, 10)), 40, 20, 30, "calls of m"},
		{"a vLLM that has just begun is full", "VLLMQueueGrows", one(`vllm:num_requests_waiting{namespace="data",instance="v",model_name="m"} ` + flat(20, 5) + flat(0, 25)), 30, -1, 0, ""},
		{"vLLM computes twice", "VLLMCacheFull", one(`vllm:kv_cache_usage_perc{namespace="data",instance="v"} `+flat(0.5, 20)+flat(0.99, 20)+flat(0.5, 20), `vllm:num_preemptions_total{namespace="data",instance="v"} `+flat(0, 10)+grows(0, 10, 50)), 60, 30, 40, "KV cache of v"},
	}
}

// ordinary is what processes tell on a training day in which all goes well.
func ordinary() []string {
	var out []string
	for _, role := range []string{"chat", "worker", "scheduler", "console"} {
		for i := range 2 {
			up := flat(1, 90)
			if role == "worker" { // a pod is replaced: another begins before
				up = flat(1, 40+i) + absent(50-i)
				out = append(out, fmt.Sprintf(`up{job="bapsang",namespace="data",instance="worker-new-%d",role="worker"} %s`, i, absent(40+i-1)+flat(1, 51-i)))
			}
			at := fmt.Sprintf(`job="bapsang",namespace="data",instance="%s-%d",role="%s"`, role, i, role)
			out = append(out,
				fmt.Sprintf("up{%s} %s", at, up),
				fmt.Sprintf("process_start_time_seconds{%s} %s", at, up),
				fmt.Sprintf(`bapsang_queue_jobs{%s,class="foreground",state="waiting"} %s`, at, flat(0, 90)),
			)
		}
	}
	for i := range 2 {
		out = append(out, fmt.Sprintf(`bapsang_queue_jobs{job="bapsang",namespace="data",instance="worker-new-%d",role="worker",class="foreground",state="waiting"} %s`, i, absent(40+i-1)+flat(0, 51-i)))
	}
	out = append(out,
		in("bapsang_queue_oldest_seconds", `class="foreground"`, flat(2, 30)+flat(20, 15)+flat(1, 45)),
		in("bapsang_queue_oldest_seconds", `class="background"`, flat(30, 90)),
		in("bapsang_questions_total", "", flat(0, 30)+grows(0, 150, 12)+flat(3600, 48)),
		in("bapsang_failures_total", "", flat(0, 40)+flat(2, 50)),
		in("bapsang_model_wait_seconds", "", flat(0, 30)+grows(10, 4, 10)+flat(90, 5)+flat(0, 45)),
		in("bapsang_degradation_level", "", flat(0, 35)+flat(1, 12)+flat(0, 43)),
		in("bapsang_llm_requests_total", `backend="company",code="limited"`, flat(0, 45)+flat(1, 45)),
		in("bapsang_llm_broken", `backend="company"`, flat(0, 90)),
		in("bapsang_source_up", `source="shop"`, flat(1, 90)),
		in("bapsang_upstream_pace", `system="shop"`, flat(1, 90)),
		in("bapsang_upstream_paused", `system="shop"`, flat(0, 90)),
		in("bapsang_upstream_off", `system="shop"`, flat(0, 90)),
		in("bapsang_outside_calls_total", `system="shop",code="exhausted"`, flat(0, 90)),
		in("bapsang_slack_sockets", "", flat(2, 90)),
		in("bapsang_slack_removed", "", flat(0, 90)),
		in("bapsang_slack_calls_total", `method="chat.postMessage",outcome="ratelimited"`, flat(0, 35)+flat(3, 55)),
		in("bapsang_answers_unshown_total", `code="gone"`, flat(0, 90)),
		in("bapsang_digest_issues_total", `outcome="failed"`, flat(0, 90)),
		in("bapsang_digest_issues_total", `outcome="sent"`, flat(0, 60)+flat(40, 30)),
	)
	out = append(out, buckets("bapsang_question_seconds", answerBounds(), "60", 150, 90)...)
	return append(out, buckets("bapsang_slack_ack_seconds", slackBounds(), "0.1", 75, 90)...)
}

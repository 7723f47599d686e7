package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
)

// ErrUnknown is in the chain of an error when Slack may have done what was asked.
var ErrUnknown = errors.New("whether it was done is unknown")

// Kind is what an error asks of its caller.
type Kind int

// The kinds of errors.
const (
	KindOther   Kind = iota
	KindRate         // too fast
	KindToken        // the token is no good
	KindScope        // the token lacks a right
	KindPlace        // the conversation cannot be reached
	KindMessage      // the message is not there or cannot be changed
	KindLayout       // the message cannot be shown this way
	KindStream       // the message is no stream, or no stream can be had
	KindFeature      // the method is not for this workspace
)

type meaning struct {
	code bot.Code
	kind Kind
}

// meaningOf is the one place that says what Slack's errors mean to us. They are listed
// on each method's page, https://docs.slack.dev/reference/methods.
func meaningOf(reason string) meaning {
	switch reason {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return meaning{bot.CodeBusy, KindRate}
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required",
		"two_factor_setup_required", "team_access_not_granted", "not_allowed_token_type", "app_missing_action_url":
		return meaning{bot.CodeDenied, KindToken}
	case "missing_scope", "no_permission", "access_denied", "ekm_access_denied", "enterprise_is_restricted":
		return meaning{bot.CodeDenied, KindScope}
	case "channel_not_found", "is_archived", "not_in_channel", "is_inactive", "user_not_found", "users_not_found", "user_disabled",
		"user_not_visible", "user_not_in_channel", "cannot_dm_bot", "messages_tab_disabled", "thread_not_found", "invalid_thread_ts",
		"method_not_supported_for_channel_type", "as_user_not_supported", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "restricted_action_thread_locked",
		"team_not_found", "external_channel_migrating", "posting_to_general_channel_denied", "slack_connect_file_upload_sharing_blocked":
		return meaning{bot.CodeGone, KindPlace}
	case "message_not_found", "edit_window_closed", "cant_update_message", "cant_delete_message", "update_failed",
		"file_not_found", "file_deleted":
		return meaning{bot.CodeGone, KindMessage}
	case "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "markdown_text_conflict", "block_mismatch",
		"too_many_blocks", "msg_blocks_too_many", "invalid_chunks", "invalid_slack_file":
		return meaning{bot.CodeUnavailable, KindLayout}
	case "message_not_in_streaming_state", "streaming_state_conflict", "stopped_by_user", "streaming_mode_mismatch", "message_not_owned_by_app",
		"missing_recipient_user_id", "missing_recipient_team_id", "channel_type_not_supported":
		return meaning{bot.CodeUnavailable, KindStream}
	case "unknown_method", "method_deprecated", "feature_not_enabled", "feature_not_available", "not_allowed", "team_not_eligible",
		"agents_not_enabled", "not_agent_app":
		return meaning{bot.CodeUnavailable, KindFeature}
	}
	return meaning{bot.CodeUnavailable, KindOther}
}

// troubles are answers after which the call may have been carried out, at least in part:
// Slack says so of the first two.
func troubled(reason string) bool {
	switch reason {
	case "fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org":
		return true
	}
	return false
}

// KindOf is what err asks for.
func KindOf(err error) Kind {
	if reason := Reason(err); reason != "" {
		return meaningOf(reason).kind
	}
	return KindOther
}

// Reason is Slack's word for err; empty when Slack did not say any.
func Reason(err error) string {
	var ours *bot.Error
	if errors.As(err, &ours) {
		return ours.Reason
	}
	var refusal slack.SlackErrorResponse
	if errors.As(err, &refusal) {
		return refusal.Err
	}
	return ""
}

// Unknown reports whether the call that failed with err may have been carried out.
func Unknown(err error) bool { return errors.Is(err, ErrUnknown) }

// Needed is the scope that a call lacked; empty when it lacked none.
func Needed(err error) string {
	var refusal slack.SlackErrorResponse
	if errors.As(err, &refusal) {
		return refusal.Needed
	}
	return ""
}

// messagesOf are the details of a refusal, which name the block at fault.
func messagesOf(err error) []string {
	var refusal slack.SlackErrorResponse
	if errors.As(err, &refusal) {
		return refusal.ResponseMetadata.Messages
	}
	return nil
}

// Messages are the details that Slack gave with a refusal.
func Messages(err error) []string { return messagesOf(err) }

// given is the error of a call that its caller gave up before it was made.
func given(m Method, err error) error {
	return &bot.Error{Code: bot.CodeBusy, Method: m.Name, Reason: "given_up", Err: err}
}

// failure says what err, of a call that was made, means, and whether another try may
// end otherwise.
func failure(m Method, ex *exchange, err error) (e *bot.Error, again bool) {
	if ours := (*bot.Error)(nil); errors.As(err, &ours) {
		return ours, false // of a call within the call
	}
	if link := (*url.Error)(nil); errors.As(err, &link) {
		err = link.Err // the address of an upload is a secret
	}
	reason := Reason(err)
	if reason == "" {
		reason = ex.reason()
	}
	if reason == "" {
		return broken(m, ex, err)
	}
	e = &bot.Error{Code: meaningOf(reason).code, Method: m.Name, Reason: reason, Err: err}
	if needed := Needed(err); needed != "" {
		e.Err = fmt.Errorf("%w: scope %s is needed", err, needed)
	}
	if troubled(reason) {
		e.Err = unknown(m, err)
		return e, m.Repeatable
	}
	return e, false
}

// broken is the failure of a call that Slack said nothing about.
func broken(m Method, ex *exchange, err error) (e *bot.Error, again bool) {
	e = &bot.Error{Code: bot.CodeUnavailable, Method: m.Name, Reason: "no_reply", Err: err}
	status := int(ex.status.Load())
	switch {
	case !ex.tried.Load():
		e.Reason = "not_sent"
		return e, false
	case !ex.left.Load():
		e.Reason = "not_reached"
		return e, true
	case status == http.StatusTooManyRequests:
		e.Code, e.Reason = bot.CodeBusy, "ratelimited"
		return e, false // that is for the pause to say
	case status >= http.StatusMultipleChoices && status < http.StatusInternalServerError:
		e.Reason = "http_" + strconv.Itoa(status)
		return e, false
	case status >= http.StatusInternalServerError:
		e.Reason = "http_" + strconv.Itoa(status)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		e.Reason = "timeout"
	case status == http.StatusOK:
		e.Reason = "bad_reply"
	}
	e.Err = unknown(m, err)
	return e, m.Repeatable
}

// unknown marks the failure of a call that may have been carried out. One that may be
// repeated needs no mark.
func unknown(m Method, err error) error {
	if m.Repeatable {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// Package slacktest is a strict Slack for tests and load runs: the Web API, events over
// HTTP and over Socket Mode, and the people who use it. It refuses what Slack refuses,
// in Slack's words, so that an app's mistakes show in its own tests.
//
//	s := slacktest.Start(t, slacktest.Options{})
//	// give s.URL(), s.BotToken() and s.SigningSecret() to the app, then
//	s.DeliverTo(appURL)                                    // events over HTTP, or Options.SocketMode
//	m := s.Say(slacktest.Minji, slacktest.Sales, s.Mention()+" revenue?")
//	err := s.Wait(ctx, func() bool { return len(s.Messages(m.Channel, m.TS)) == 2 })
//	s.Press(slacktest.Minji, s.Messages(m.Channel, m.TS)[1], "cancel")
//
// What people do: [Server.Say], [Server.Edit], [Server.Delete], [Server.Drop],
// [Server.React], [Server.OpenHome], [Server.StartAssistant], [Server.StopSession],
// [Server.Press], [Server.Submit], [Server.Command], [Server.Shortcut], and [Server.Emit]
// for any other event; [Server.Load] is a crowd of them. What they see:
// [Server.Messages], [Server.Ephemeral], [Server.Modals], [Server.Home], [Server.File],
// [Server.Troubles], and of a message [Text], [Actions], [Pings] and [Links]. What goes
// wrong: [Server.Fault], [Server.Chaos], [Server.Revoke], [Server.KillToken],
// [Server.DropSockets], [Server.Freeze], [Server.Replay] and [Options.Without]. What was
// measured: [Server.Acks], [Server.Calls], [Server.Refused].
//
// Options left zero give a small company: Minji and Alex are members, Guest, External,
// Robot and Gone are what their names say; the bot is in General, Sales, Private and
// Shared, not in Closed, and Archived is archived.
//
// Slack does not say everything. Guessed here, on the strict side: that all text of a
// message's blocks may have 13,200 characters exactly, and that a table's, which may have
// 10,000, is not among them; that an acknowledgement counts on the connection that its
// envelope came by; that an unacknowledged envelope comes again under another id; that
// interactions and commands come once; that tiers are exact, with bursts of a minute's
// worth. An app should rely on none of it, either way.
//
// It imports nothing of the product and decodes what it is sent by itself: its peers are
// any client. Its own tests hold it against Slack's official clients for Node and
// against slack-go.
package slacktest

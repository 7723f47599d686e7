// Package teamstest is a strict Microsoft Teams for tests and load runs: the Bot
// Framework's login, keys and connector, and the people who use it. It refuses what Teams
// refuses, in Teams' words, so that an app's mistakes show in its own tests.
//
//	s := teamstest.Start(t, teamstest.Options{})
//	// give s.AppID(), s.Password(), s.LoginURL(), s.OpenIDURL(), s.ServiceURL() and, where it
//	// asks the directory, s.GraphURL() to the app, then
//	s.DeliverTo(appURL)                                   // activities go to appURL/api/messages
//	m := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" revenue?")
//	err := s.Wait(ctx, func() bool { return len(s.Messages(m.Conversation)) == 2 })
//	err = s.Press(teamstest.Minji, s.Messages(m.Conversation)[1], "Cancel")
//
// What people do: [Server.Say], [Server.Edit], [Server.Delete], [Server.Undelete],
// [Server.React], [Server.DropFile], [Server.Install], [Server.Uninstall], [Server.Block],
// [Server.Join], [Server.Leave], [Server.View], [Server.Press], [Server.SubmitDialog], [Server.Feedback],
// [Server.Consent], [Server.StopStream], and [Server.Tell] for any other activity;
// [Server.Load] is a crowd of them. What they see: [Server.Messages], [Server.Message],
// [Server.Shown], [Server.CardsFor], [Server.Dialog], [Server.Notes], [Server.Typing],
// [Server.Files], [Server.Troubles], and of a message [Text] and [Actions]. What goes
// wrong: [Server.Fault], [Server.Chaos], [Server.RotateKeys], [Server.RevokeTokens], [Server.Move],
// [Server.Replay], and [Server.Post] with [Server.Authorization] for any [Forgery] and
// [Server.Hostile] for any body. What was
// measured: [Server.Acks], [Server.Calls], [Server.Refused], [Server.Complaints].
//
// Options left zero give a small company: Minji and Alex are members, Guest is a guest,
// Outsider is of another tenant, and with Newcomer the bot is not installed. Minji, Alex
// and Guest are in a team with the channels General and Sales; Minji and Alex have a Group
// chat.
//
// Teams does not say everything. Guessed here, on the strict side: that the 100 KB of an
// activity are UTF-16 and all of it but pictures in data URIs; that the id of a message that
// was split is not told; that a change takes Teams' own thumbs away; that a card which Teams
// could not show is refused, where Teams may accept it and show an error; that a chart
// without a fallback is such a card; that updates and deletions count as sending; that a
// message of a stream which was stopped cannot be updated; that nothing informs once
// content is streamed; that the end of a stream says all that was streamed; that what the
// app fails to take comes three times more, an invoke once more, with the same id; that a
// citation counts which only a card makes. What Teams ignores (zero times, empty objects,
// nulls, unknown fields, a fourth suggested action) is refused too, unless
// [Options.Lenient] is set. An app must not rely on any of it, either way.
//
// It imports nothing of the product and decodes what it is sent by itself: its peers are
// any client. Its own tests hold it against Microsoft's own libraries.
package teamstest

// Package teamstest is a strict Microsoft Teams for tests and load runs: the Bot
// Framework's login, keys and connector, and the people who use it. It refuses what Teams
// refuses, in Teams' words, so that an app's mistakes show in its own tests.
//
//	s := teamstest.Start(t, teamstest.Options{})
//	// give s.AppID(), s.Password(), s.LoginURL(), s.OpenIDURL() and s.ServiceURL() to the app, then
//	s.DeliverTo(appURL)                                   // activities go to appURL/api/messages
//	m := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" revenue?")
//	err := s.Wait(ctx, func() bool { return len(s.Messages(m.Conversation)) == 2 })
//	err = s.Press(teamstest.Minji, s.Messages(m.Conversation)[1], "Cancel")
//
// What people do: [Server.Say], [Server.Edit], [Server.Delete], [Server.Undelete],
// [Server.React], [Server.DropFile], [Server.Install], [Server.Uninstall], [Server.Block],
// [Server.Join], [Server.Leave], [Server.Press], [Server.SubmitDialog], [Server.Feedback],
// [Server.Consent], [Server.StopStream], and [Server.Tell] for any other activity;
// [Server.Load] is a crowd of them. What they see: [Server.Messages], [Server.Message],
// [Server.Shown], [Server.CardsFor], [Server.Dialog], [Server.Notes], [Server.Typing],
// [Server.Files], [Server.Troubles], and of a message [Text] and [Actions]. What goes
// wrong: [Server.Fault], [Server.Chaos], [Server.RotateKeys], [Server.RevokeTokens],
// [Server.Replay], [Server.Post] with [Server.Authorization] for any [Forgery]. What was
// measured: [Server.Acks], [Server.Calls], [Server.Refused], [Server.Complaints].
//
// Options left zero give a small company: Minji and Alex are members, Guest is a guest,
// Outsider is of another tenant, and with Newcomer the bot is not installed. Minji, Alex
// and Guest are in a team with the channels General and Sales; Minji and Alex have a Group
// chat.
//
// Teams does not say everything. Guessed here, on the strict side: that 100 KB of an
// activity are counted in UTF-16 and whole, but for pictures in data URIs; that a card
// which Teams could not show is refused rather than shown as broken; that
// a chart without a fallback is one; that updates and deletions count
// as sending; that deliveries that fail come three times more; that fields which Teams
// ignores (zero times, empty objects, unknown ones) are refused, unless [Options.Lenient]
// is set. What an app must not rely on either way.
//
// It imports nothing of the product and decodes what it is sent by itself: its peers are
// any client. Its own tests hold it against Microsoft's own libraries.
package teamstest

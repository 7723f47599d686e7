package slack

import (
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
)

// sending is what is remembered of what goes out.
type sending struct {
	turns    outbox.Turns
	posted   *outbox.Recent[string, posting] // by key
	messages *outbox.Recent[string, *sent]   // by outbox.Key
	pictures *outbox.Recent[string, string]  // ids of files, by what is drawn
	glances  *outbox.Recent[string, glance]  // by channel
	doors    *outbox.Recent[string, *door]   // by channel and who is told there
	refused  outbox.Refusals
	owed     outbox.Debts[*sent, bool] // progress that is to become something else; true is a stream, which takes two calls
}

// The bounds of what is remembered. A message takes some 200 bytes.
const (
	rememberMessages = 20_000
	rememberPictures = 1000
	rememberGlances  = 50
	rememberDoors    = 1000
)

func newSending() *sending {
	return &sending{
		posted: outbox.NewRecent[string, posting](rememberMessages), messages: outbox.NewRecent[string, *sent](rememberMessages),
		pictures: outbox.NewRecent[string, string](rememberPictures), glances: outbox.NewRecent[string, glance](rememberGlances),
		doors: outbox.NewRecent[string, *door](rememberDoors),
	}
}

// posting is what became of a key.
type posting struct {
	ref  bot.Ref
	kind bot.MessageKind
	// doubtful is set when Slack may have posted it, and did not say.
	doubtful bool
	partial  bool // what did not fit is not all there
}

// sent is a message that is there. Its fields belong to whoever has its turn.
type sent struct {
	outbox.Message

	stream  bool        // it is being streamed
	idle    *time.Timer // ends a stream that says nothing; nil without a stream
	last    bot.Message // what the stream said last
	started time.Time
	shown   string // digest of what is shown
	buttons string // what can be pressed on progress
	note    string // what stands before it
	key     string // under which it was posted, where that is not the message's
	session bool   // its thread is said to be worked on
}

// message is what is known of the message at ref.
func (o *sending) message(ref bot.Ref) *sent { return o.messages.GetOrPut(outbox.Key(ref), &sent{}) }

// debts counts the messages that are still to be changed, and the streams among them, of
// those begun within d.
func (o *sending) debts(d time.Duration) (all, streams int) {
	owed := o.owed.Within(d)
	for _, stream := range owed {
		streams += b2i(stream)
	}
	return len(owed), streams
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

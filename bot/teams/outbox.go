package teams

import (
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
)

// sending is what this process remembers of what goes out. What must survive is in the
// journal.
type sending struct {
	turns    outbox.Turns
	posted   *outbox.Recent[string, posting] // by key
	messages *outbox.Recent[string, *sent]   // by outbox.Key
	pictures *outbox.Recent[string, []byte]  // by what is drawn
	offers   *outbox.Recent[string, bool]    // of files that were uploaded, by conversation and message
	refused  outbox.Refusals
	owed     outbox.Debts[*sent, string] // progress that is to become something else, by its chat

	mu      sync.Mutex
	streams map[string]*sent // what is being streamed, by chat
}

// The bounds of what is remembered. A message takes some 200 bytes, a picture some 100 kB.
const (
	rememberMessages = 20_000
	rememberPictures = 100
	rememberReaders  = 1000
)

func newSending() *sending {
	return &sending{
		posted: outbox.NewRecent[string, posting](rememberMessages), messages: outbox.NewRecent[string, *sent](rememberMessages),
		pictures: outbox.NewRecent[string, []byte](rememberPictures), offers: outbox.NewRecent[string, bool](rememberReaders), streams: map[string]*sent{},
	}
}

// posting is what became of a key.
type posting struct {
	ref  bot.Ref
	kind bot.MessageKind
	// doubtful is set when Teams may have taken it, and did not say.
	doubtful bool
}

// sent is a message that is there. Its fields belong to whoever has its turn.
type sent struct {
	outbox.Message

	stream *stream // nil unless it is being streamed
	shown  string  // digest of what is shown
	note   string  // what stands before it
}

// known is what is known of the message at ref; nil when nothing is.
func (o *sending) known(ref bot.Ref) *sent {
	m, _ := o.messages.Get(outbox.Key(ref))
	return m
}

// message is what is known of the message at ref. Of one that is new, m is.
func (o *sending) message(ref bot.Ref, m *sent) *sent {
	return o.messages.GetOrPut(outbox.Key(ref), m)
}

// debts counts the messages of a chat that are still to be changed, of those begun within
// d.
func (o *sending) debts(chat string, d time.Duration) (n int) {
	for _, owed := range o.owed.Within(d) {
		if owed == chat {
			n++
		}
	}
	return n
}

// mayStream takes the one stream that a chat may have; false when it is taken.
func (o *sending) mayStream(chat string, m *sent) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.streams[chat] != nil {
		return false
	}
	o.streams[chat] = m
	return true
}

// streamOver gives it back.
func (o *sending) streamOver(chat string, m *sent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.streams[chat] == m {
		delete(o.streams, chat)
	}
}

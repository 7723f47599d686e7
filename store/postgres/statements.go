package postgres

import (
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// texts makes statements of templates, in which the schema is written as {s}: a
// search_path would not survive a pooler.
type texts struct {
	replacer *strings.Replacer
	made     sync.Map // template → statement
}

func newTexts(schema string) *texts {
	return &texts{replacer: strings.NewReplacer(
		"{s}", pgx.Identifier{schema}.Sanitize(),
		// What a document's row version is known by. No other version of the document has
		// it: a transaction writes a document once.
		"{version}", "xmin::text::bigint",
		"{outstanding}", "('boxed', 'delayed', 'ready', 'running')",
		"{ended}", "('done', 'failed', 'cancelled')",
		"{job}", jobColumns,
		"{clock}", "(extract(epoch FROM clock_timestamp()) * 1000000000)::bigint",
	)}
}

func (t *texts) of(template string) string {
	if made, there := t.made.Load(template); there {
		return made.(string)
	}
	made := t.replacer.Replace(template)
	t.made.Store(template, made)
	return made
}

package usage

import "strings"

// Number is the short number by which people quote the question.
func (q *Question) Number() string {
	if len(q.ID) < 4 {
		return "q-" + q.ID
	}
	return "q-" + strings.ToLower(q.ID[len(q.ID)-4:])
}

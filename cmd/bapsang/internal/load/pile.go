package load

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Pile asks n questions that need the model, each of somebody else, from so many clients
// at once, and waits for no answer. It returns a record of each, by number from first on.
func (c *Crowd) Pile(ctx context.Context, first, n, clients int) []Record {
	cl := newClient(c.Doors, c.Token)
	defer cl.close()
	w := &writer{day: c.Day, r: c.Day.chance()}
	out := make([]Record, n)
	for i := range out {
		out[i] = Record{
			Question: Question{Kind: Open, Text: w.open(first + i)}, Person: fmt.Sprintf("p%05d", first+i), Key: fmt.Sprintf("%s-%d", c.Name, first+i),
		}
	}
	each(n, clients, func(i int) {
		r := &out[i]
		r.Asked = time.Now()
		r.ID, r.Acked, r.Tries, r.Err = cl.ask(ctx, i, r.Question, r.Person, r.Key)
	})
	return out
}

// Look looks where n of the questions stand, spread over all of them, and returns how
// long each look took.
func (c *Crowd) Look(ctx context.Context, records []Record, n, clients int) ([]time.Duration, error) {
	cl := newClient(c.Doors, c.Token)
	defer cl.close()
	took, errs := make([]time.Duration, n), make([]error, n)
	each(n, clients, func(i int) {
		began := time.Now()
		_, errs[i] = cl.get(ctx, i, records[i*len(records)/n].ID)
		took[i] = time.Since(began)
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return took, nil
}

// each calls fn for 0 to n-1, so many at a time.
func each(n, at int, fn func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range at {
		wg.Go(func() {
			for i := range next {
				fn(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

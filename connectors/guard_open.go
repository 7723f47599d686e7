package connectors

import "context"

// Under makes a call on the system of a contract that no guard makes, such as opening it: when
// it is its turn, bounded by the contract's timeout, and in the books. The system turned off,
// or without room, makes it an error of type *Error, and no call.
func Under(ctx context.Context, contract Contract, hooks Hooks, call func(context.Context) error) error {
	g := newGate(contract, hooks, CodeUnavailable, CodeUnusable)
	ctx, cancel := within(ctx, contract.Timeout)
	defer cancel()
	record := g.record(Caller{})
	_, made, err := pass(ctx, g, nil, &record, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	g.tell(ctx, record, made, err)
	return err
}

package quota

// Names are the contracts that this process has called under, or may, in order.
func (b *Board) Names() []string {
	var out []string
	for _, g := range b.all() {
		out = append(out, g.name)
	}
	return out
}

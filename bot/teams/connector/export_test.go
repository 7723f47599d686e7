package connector

// Gates is how many rates are remembered.
func Gates(c *Client) int {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	return len(c.limits.gates)
}

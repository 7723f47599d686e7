// Package house holds the rules of the house as tests: which package may import
// which, and how long a function may get. See CONTRIBUTING.md for the reasons.
package house

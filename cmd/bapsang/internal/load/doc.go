// Package load is the training day as a rehearsal: a crowd that asks a running Bapsang
// over HTTP, the strict upstreams beside it, a fleet of its processes, and the meters
// that say how it went.
//
// A [Day] says who asks what and when; [Day.Script] writes it down, the same for the same
// seed. A [Crowd] plays it: it asks, follows the events of its question, thinks about the
// answer and asks again. Like a person with a browser it tries again, under the same key,
// when a replica does not answer, and opens the events of its question at another. What
// the crowd saw is one [Record] a question; [Judge] holds the records against what the
// [Model] counted and says what was lost, doubled or over a contract.
//
// A day may run faster than it was: with a scale of 10 a minute takes six seconds, for
// people, the model's replies, its rate and whatever fails at a time of the day. What the
// machine takes is not scaled, and weighs ten times as much.
package load

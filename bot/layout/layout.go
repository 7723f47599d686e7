// Package layout is what chat platforms lay out alike: the restricted Markdown of a
// bot.Message, axes of charts whose figures are in a unit that leaves few digits, tables
// made fit to be seen, and our own words. What each platform writes of it, and within
// which limits, is the business of its own package.
//
// Nothing here is escaped for a platform. Where a text of people, data or models is
// returned, it says so; whoever shows it makes it literal first.
package layout

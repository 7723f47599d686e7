// Reads a calendar from standard input with ical.js and writes what it understood.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const events = calendar.getAllSubcomponents("vevent").map((v) => {
  const e = new ICAL.Event(v);
  return { UID: e.uid, Summary: e.summary, Start: e.startDate.toString(), End: e.endDate.toString(), AllDay: e.startDate.isDate };
});
console.log(JSON.stringify(events));

/** A reminder for a calendar (RFC 5545). */

const stamp = (seconds: bigint | number) =>
  `${new Date(Number(seconds) * 1000).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;

/** Commas, semicolons and backslashes have a meaning of their own. */
const escaped = (text: string) => text.replace(/[\\;,]/g, (sign) => `\\${sign}`);

/** Lines are at most 75 octets; what is written here is ASCII. */
const folded = (line: string) => line.replace(/(.{74})(?=.)/g, "$1\r\n ");

export interface Reminder {
  readonly uid: string;
  readonly title: string;
  readonly text: string;
  /** Unix seconds. */
  readonly at: bigint;
  readonly createdAt: bigint;
}

export function calendarOf(reminders: readonly Reminder[]): string {
  const events = reminders.flatMap(({ uid, title, text, at, createdAt }) => [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    `DTSTAMP:${stamp(createdAt)}`,
    `DTSTART:${stamp(at)}`,
    `DTEND:${stamp(at + 900n)}`,
    `SUMMARY:${escaped(title)}`,
    `DESCRIPTION:${escaped(text)}`,
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    `DESCRIPTION:${escaped(title)}`,
    "TRIGGER:PT0S",
    "END:VALARM",
    "END:VEVENT",
  ]);
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Phala//Staking//EN", ...events, "END:VCALENDAR"];
  return `${lines.map(folded).join("\r\n")}\r\n`;
}

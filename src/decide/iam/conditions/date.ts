const EPOCH_SECONDS = /^[+-]?\d+$/;
const ISO =
  /^([+-]?\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[Tt](?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const LARGEST_EPOCH = 2n ** 63n;

/**
 * A moment in milliseconds since the Unix epoch: an ISO 8601 date in one of the forms of W3C's profile, from the year alone to fractions of
 * a second, or seconds since the epoch. Four digits are a year. Without an offset the time is UTC. `undefined` for what is neither.
 * Source: IAM User Guide, "Date condition operators".
 */
export function parseMoment(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text) && !/^\d{4}$/.test(text)) return parseEpoch(text);
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month = "1", day = "1", hour = "0", minute = "0", second = "0", fraction = "0", offset = "Z"] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (!isDate(date) || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const minutes = (daysSinceEpoch(date) * 24 + Number(hour)) * 60 + Number(minute) - offsetMinutes(offset);
  return (minutes * 60 + Number(second) + Number(`0.${fraction}`)) * 1000;
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function parseEpoch(text: string): number | undefined {
  if (text.length > 20) return undefined;
  const seconds = BigInt(text.replace("+", ""));
  return seconds < LARGEST_EPOCH && seconds >= -LARGEST_EPOCH ? Number(seconds) * 1000 : undefined;
}

function isDate({ year, month, day }: CalendarDate): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

/** Of the proleptic Gregorian calendar. A year is counted from March, so that the leap day is its last. */
function daysSinceEpoch({ year, month, day }: CalendarDate): number {
  const fromMarch = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const leaps = Math.floor(fromMarch / 4) - Math.floor(fromMarch / 100) + Math.floor(fromMarch / 400);
  return fromMarch * 365 + leaps + Math.floor((monthFromMarch * 153 + 2) / 5) + day - 1 - 719_468;
}

function offsetMinutes(offset: string): number {
  if (offset === "Z" || offset === "z") return 0;
  const digits = offset.replace(/\D/g, "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return offset.startsWith("-") ? -minutes : minutes;
}

import { civilDate, daysInMonth, weekday, type CivilDate } from "./civil-date.ts";

/**
 * The days and hours of a `cron(Minutes Hours Day-of-month Month Day-of-week Year)`, in UTC.
 * Source: Secrets Manager User Guide, "Rotation schedules": windows begin on the hour, every four hours at most, in every year; of the
 * two day fields one is `?`; days of the week count from 1, Sunday.
 */
export interface Cron {
  /** Ascending. */
  readonly hours: readonly number[];
  /** Whether it was written as a step (`2/10`): then it is a schedule in hours, not in days. */
  readonly everyHours?: number;
  readonly onDay: (days: number) => boolean;
}

const LEAST_STEP = 4;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

type Day = CivilDate & { readonly weekday: number };
type DayTest = (day: Day) => boolean;

/** `undefined` where the text is no such expression. */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 6) return undefined;
  const [minutes = "", hours = "", ofMonth = "", month = "", ofWeek = "", year = ""] = fields;
  if (minutes !== "0" || year !== "*" || (ofMonth === "?") === (ofWeek === "?")) return undefined;
  const times = parseHours(hours);
  const months = valuesOf(month, 1, 12, MONTHS);
  const inMonth = ofMonth === "?" ? parseDayOfWeek(ofWeek) : parseDayOfMonth(ofMonth);
  if (!times || !months || !inMonth) return undefined;
  return {
    ...times,
    onDay(days) {
      const day = { ...civilDate(days), weekday: weekday(days) };
      return months.includes(day.month) && inMonth(day);
    },
  };
}

function parseHours(text: string): Pick<Cron, "hours" | "everyHours"> | undefined {
  const [from = "", step, ...more] = text.split("/");
  if (step === undefined) return isNumber(text, 0, 23) ? { hours: [Number(text)] } : undefined;
  const start = from === "" || from === "*" ? "0" : from;
  if (more.length > 0 || !isNumber(start, 0, 23) || !isNumber(step, LEAST_STEP, 23)) return undefined;
  const hours: number[] = [];
  for (let hour = Number(start); hour < 24; hour += Number(step)) hours.push(hour);
  return { hours, everyHours: Number(step) };
}

function parseDayOfMonth(text: string): DayTest | undefined {
  if (text === "L") return (day) => day.day === daysInMonth(day);
  if (text === "LW") return (day) => day.day === nearestWeekday(daysInMonth(day), day);
  const near = /^(\d+)W$/.exec(text);
  if (near) return isNumber(near[1], 1, 31) ? (day) => day.day === nearestWeekday(Number(near[1]), day) : undefined;
  const values = valuesOf(text, 1, 31, []);
  return values && (({ day }) => values.includes(day));
}

function parseDayOfWeek(text: string): DayTest | undefined {
  const named = (name = ""): number | undefined => valuesOf(name, 1, 7, WEEKDAYS)?.[0];
  if (text === "L") return (day) => day.weekday === 6;
  const last = /^([1-7]|[A-Z]{3})L$/.exec(text);
  if (last) {
    const wanted = named(last[1]);
    return wanted === undefined ? undefined : (day) => day.weekday === wanted - 1 && day.day > daysInMonth(day) - 7;
  }
  const nth = /^([1-7]|[A-Z]{3})#([1-5])$/.exec(text);
  if (nth) {
    const wanted = named(nth[1]);
    return wanted === undefined ? undefined : (day) => day.weekday === wanted - 1 && Math.ceil(day.day / 7) === Number(nth[2]);
  }
  const values = valuesOf(text, 1, 7, WEEKDAYS);
  return values && ((day) => values.includes(day.weekday + 1));
}

/** The Monday to Friday that is closest to a day, in the same month. */
function nearestWeekday(wanted: number, day: Day): number {
  const last = daysInMonth(day);
  if (wanted > last) return 0;
  const at = (((day.weekday + wanted - day.day) % 7) + 7) % 7;
  if (at === 6) return wanted === 1 ? 3 : wanted - 1;
  if (at === 0) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

/** What a list of values, ranges and steps stands for. */
function valuesOf(text: string, least: number, most: number, names: readonly string[]): readonly number[] | undefined {
  const one = (part: string): number | undefined => {
    const named = names.indexOf(part.toUpperCase());
    if (named >= 0) return least + named;
    return isNumber(part, least, most) ? Number(part) : undefined;
  };
  const found: number[] = [];
  for (const part of text.split(",")) {
    const [range = "", step = "1", ...more] = part.split("/");
    const [from = "", to, ...ends] = range.split("-");
    const start = range === "*" ? least : one(from);
    const end = range === "*" || (to === undefined && part.includes("/")) ? most : one(to ?? from);
    if (more.length > 0 || ends.length > 0 || start === undefined || end === undefined || start > end || !isNumber(step, 1, most))
      return undefined;
    for (let value = start; value <= end; value += Number(step)) found.push(value);
  }
  return found;
}

function isNumber(text: string | undefined, least: number, most: number): boolean {
  return text !== undefined && /^\d{1,3}$/.test(text) && Number(text) >= least && Number(text) <= most;
}

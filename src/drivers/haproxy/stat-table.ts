/** One server as `show stat` tells of it. */
export interface ServerRow {
  readonly backend: string;
  readonly name: string;
  /** `UP`, `DOWN 1/2`, `MAINT`, `DRAIN`, `no check`, … */
  readonly status: string;
  readonly weight: number;
  /** Requests under way and waiting. */
  readonly sessions: number;
  readonly secondsInState: number;
  /** Absent where the server is not checked. `health` counts up to `rise + fall - 1`; the server is up from `rise` on. */
  readonly check?: { readonly status: string; readonly code: number | undefined; readonly health: number; readonly rise: number };
}

/** The columns that are read, of about a hundred. */
const COLUMNS = [
  "pxname",
  "svname",
  "status",
  "weight",
  "scur",
  "qcur",
  "lastchg",
  "check_status",
  "check_code",
  "check_health",
  "check_rise",
] as const;

type Column = (typeof COLUMNS)[number];

/** The servers in the CSV that `show stat` prints; its first line names the columns. Large ones have ten million characters, of which only what is read is cut out. */
export function parseStatTable(csv: string): readonly ServerRow[] {
  const end = csv.indexOf("\n");
  const heading = (end === -1 ? csv : csv.slice(0, end)).replace(/^# /, "").split(",");
  const wanted = new Map(COLUMNS.map((column) => [heading.indexOf(column), column]));
  const rows: ServerRow[] = [];
  const values: Record<Column, string> = { ...NOTHING };
  for (let at = end + 1; at > 0 && at < csv.length;) {
    at = readLine(csv, at, wanted, values);
    const row = rowOf(values);
    if (row) rows.push(row);
  }
  return rows;
}

const NOTHING = Object.fromEntries(COLUMNS.map((column) => [column, ""])) as Record<Column, string>;

/** Reads a line into `values`; gives where the next one begins. Cells may be quoted, a quote in them is doubled, and none has a line end. */
function readLine(csv: string, from: number, wanted: ReadonlyMap<number, Column>, values: Record<Column, string>): number {
  Object.assign(values, NOTHING);
  let [start, quoted] = [from, false];
  for (let [at, column] = [from, 0]; ; at += 1) {
    const code = at < csv.length ? csv.charCodeAt(at) : LINE_END;
    if (code === QUOTE) quoted = !quoted;
    if ((code !== COMMA || quoted) && code !== LINE_END) continue;
    const name = wanted.get(column);
    if (name !== undefined) values[name] = cellOf(csv.slice(start, at));
    if (code === LINE_END) return at + 1;
    [start, column] = [at + 1, column + 1];
  }
}

const [COMMA, QUOTE, LINE_END] = [44, 34, 10];

function cellOf(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

function rowOf(values: Readonly<Record<Column, string>>): ServerRow | undefined {
  const { pxname, svname, status: state, check_code: code } = values;
  if (svname === "FRONTEND" || svname === "BACKEND" || svname === "") return undefined;
  const row = {
    backend: pxname,
    name: svname,
    status: state,
    weight: Number(values.weight),
    sessions: Number(values.scur) + Number(values.qcur),
    secondsInState: Number(values.lastchg),
  };
  // A check under way is told by a leading asterisk.
  const status = values.check_status.replace(/^\* /, "");
  if (status === "") return row;
  const check = {
    status,
    code: code === "" ? undefined : Number(code),
    health: Number(values.check_health),
    rise: Number(values.check_rise),
  };
  return { ...row, check };
}

/** The rows by backend and by name. */
export function rowsByBackend(rows: readonly ServerRow[]): ReadonlyMap<string, ReadonlyMap<string, ServerRow>> {
  const backends = new Map<string, Map<string, ServerRow>>();
  for (const row of rows) {
    const servers = backends.get(row.backend) ?? new Map<string, ServerRow>();
    backends.set(row.backend, servers.set(row.name, row));
  }
  return backends;
}

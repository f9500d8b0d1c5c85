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

/** The servers in the CSV that `show stat` prints; its first line names the columns. */
export function parseStatTable(csv: string): readonly ServerRow[] {
  const [heading, ...lines] = csv.split("\n").filter((line) => line !== "");
  if (heading === undefined) return [];
  const columns = new Map(cells(heading.replace(/^# /, "")).map((name, at) => [name, at]));
  return lines.flatMap((line) => {
    const values = cells(line);
    const value = (column: string): string => values[columns.get(column) ?? -1] ?? "";
    const name = value("svname");
    if (name === "FRONTEND" || name === "BACKEND") return [];
    const row = {
      backend: value("pxname"),
      name,
      status: value("status"),
      weight: Number(value("weight")),
      sessions: Number(value("scur")) + Number(value("qcur")),
      secondsInState: Number(value("lastchg")),
    };
    // A check under way is told by a leading asterisk.
    const status = value("check_status").replace(/^\* /, "");
    if (status === "") return [row];
    const code = value("check_code") === "" ? undefined : Number(value("check_code"));
    return [{ ...row, check: { status, code, health: Number(value("check_health")), rise: Number(value("check_rise")) } }];
  });
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

/** Cells may be quoted, a quote in them is doubled. */
function cells(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

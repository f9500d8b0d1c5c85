import { serverIdOf } from "./server-names.ts";
import type { ServerRow } from "./stat-table.ts";

/** `backend/server` of what still carries connections and is not wanted any more. @param wanted ids of servers, by names of backends; others are let be */
export function removedButBusy(rows: readonly ServerRow[], wanted: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const gone = rows.filter(({ backend, name, sessions }) => sessions > 0 && wanted.get(backend)?.has(serverIdOf(name)) === false);
  return new Set(gone.map(({ backend, name }) => `${backend}/${name}`));
}

/** The sessions with these servers in what `show sess` prints: `0x55d0c8: proto=tcpv4 src=10.0.0.9:4000 fe=l_db be=b_db srv=one:t:10.0.0.5:80 ts=00 …`. */
export function sessionsWith(servers: ReadonlySet<string>, printed: string): readonly string[] {
  return [...printed.matchAll(/^(0x[0-9a-f]+): .* be=(\S+) srv=(\S+) /gm)].flatMap(([, session = "", backend = "", name = ""]) =>
    servers.has(`${backend}/${name}`) ? session : [],
  );
}

import type { DesiredServer } from "./render-servers.ts";
import type { ServerRow } from "./stat-table.ts";

/** One command of the runtime API. `mayWait`: refused while the server still has connections, to be tried again later. */
export interface ServerCommand {
  readonly text: string;
  readonly mayWait?: true;
}

/** What turns the servers that a worker has in one backend into those it is to have. New ones first, then those that leave. */
export function planServerChanges(
  backend: string,
  desired: readonly DesiredServer[],
  observed: ReadonlyMap<string, ServerRow>,
): readonly ServerCommand[] {
  const wanted = new Set(desired.map((server) => server.name));
  return [
    ...desired.flatMap((server) => {
      const row = observed.get(server.name);
      return row === undefined ? addition(backend, server) : correction(backend, server, row);
    }),
    ...[...observed.values()].filter((row) => !wanted.has(row.name)).flatMap((row) => removal(backend, row)),
  ];
}

function addition(backend: string, server: DesiredServer): readonly ServerCommand[] {
  // A server that drains and is not there has nothing to finish.
  if (server.role === "traffic" && server.weight === 0) return [];
  const name = `${backend}/${server.name}`;
  // Leaving maintenance makes a server up whatever was said before, so it gets its weight only after its health.
  const checks = server.checked
    ? [...(server.role === "probe" ? [] : [`set server ${name} health ${server.up ? "up" : "down"}`]), `enable health ${name}`]
    : [];
  return [
    `add server ${name} ${server.definition.replace(/weight \d+/, "weight 0")}`,
    `enable server ${name}`,
    ...checks,
    ...(server.weight > 0 ? [`set server ${name} weight ${server.weight}`] : []),
  ].map((text) => ({ text }));
}

function correction(backend: string, server: DesiredServer, row: ServerRow): readonly ServerCommand[] {
  const name = `${backend}/${server.name}`;
  const commands: string[] = [];
  if (row.status === "MAINT") {
    commands.push(`set server ${name} weight 0`, `set server ${name} state ready`);
    if (server.checked && server.role !== "probe") commands.push(`set server ${name} health ${server.up ? "up" : "down"}`);
  }
  if (server.checked) {
    if (row.status === "MAINT" || (row.weight === 0 && server.role === "traffic")) commands.push(`enable health ${name}`);
  } else if (row.check !== undefined && row.weight > 0) {
    commands.push(`disable health ${name}`);
  }
  if (row.weight !== server.weight || row.status === "MAINT") commands.push(`set server ${name} weight ${server.weight}`);
  return commands.map((text) => ({ text }));
}

function removal(backend: string, row: ServerRow): readonly ServerCommand[] {
  const name = `${backend}/${row.name}`;
  const maintenance = row.status === "MAINT" ? [] : [{ text: `set server ${name} state maint` }];
  return [...maintenance, { text: `del server ${name}`, mayWait: true }];
}

/**
 * The servers that a text of the ring calls up, and nothing else of: whoever knows these to be healthy has no news. `undefined` where it says anything else, or a
 * line of it has not come whole. After a worker starts, each server's first check is told, of 20,000 as of one.
 */
export function upAlone(text: string): readonly { readonly backend: string; readonly server: string }[] | undefined {
  const lines = text.split("\n");
  if (lines.pop() !== "") return undefined;
  const servers: { backend: string; server: string }[] = [];
  for (const line of lines) {
    if (line === "") continue;
    const [, backend, server] = UP.exec(line) ?? [];
    if (backend === undefined || server === undefined) return undefined;
    servers.push({ backend, server });
  }
  return servers;
}

/** A check of a server that carries requests, which is up before and after it, or is up again. What stands between is a target's. */
const UP =
  /^<\d+>.{15} (?:\S+ )?\S+ Health check for server b_([^/\s]+)\/([^:\s]+):t[:-]\S+ (?:succeeded|failed), .* status: \d+\/\d+ UP\.$/;

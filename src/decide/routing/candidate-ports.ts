/** How far apart the ports are that are tried: 80 gives 8080, 9080, …; 443 gives 8443, 9443, …. */
const STEP = 1000;
const FIRST = 8000;
const LAST_PORT = 65_535;

/**
 * The ports to try for a listener, best first: its own, then ones that people recognise.
 * @param bound ports that other listeners are bound to
 * @param wanted ports that other listeners ask for, which only they may have
 */
export function* candidatePorts(port: number, bound: ReadonlySet<number>, wanted: ReadonlySet<number>): Generator<number> {
  if (!bound.has(port)) yield port;
  for (let candidate = port + FIRST; candidate <= LAST_PORT; candidate += STEP)
    if (!bound.has(candidate) && !wanted.has(candidate)) yield candidate;
  for (let candidate = 20_000; candidate <= LAST_PORT; candidate++) if (!bound.has(candidate) && !wanted.has(candidate)) yield candidate;
}

import {
  ListenerBindError,
  RefusedPartsError,
  type ProxyConfiguration,
  type RefusedPart,
  type TrafficProxy,
} from "../ports/traffic-proxy.ts";

type Share = Pick<TrafficProxy, "apply" | "onHealth" | "activeSessions">;

/**
 * One proxy for several loops, each of which gives a part of its configuration and hears of that part alone. Nothing is brought about before each has given its part once: a
 * proxy that is adopted at the start goes on with all that it carries. Ids of listeners and backends are of one share only.
 */
export function proxyShares<const N extends string>(proxy: TrafficProxy, names: readonly N[]): Readonly<Record<N, TrafficProxy>> {
  const parts = new Map<N, ProxyConfiguration>();
  let complete: (() => void) | undefined;
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });

  function share(name: N): Share {
    const isOurs = (backend: string): boolean => parts.get(name)?.backends.some(({ id }) => id === backend) ?? false;
    return {
      async apply(configuration) {
        parts.set(name, configuration);
        if (parts.size === names.length) complete?.();
        await all;
        try {
          await proxy.apply(merged(names.flatMap((one) => parts.get(one) ?? [])));
        } catch (error) {
          throwOwn(error, configuration);
        }
      },
      onHealth: (listener) => proxy.onHealth((report) => (isOurs(report.backend) ? listener(report) : undefined)),
      activeSessions: (backend, server) => proxy.activeSessions(backend, server),
    };
  }
  const whole = { close: () => proxy.close(), stop: () => proxy.stop() };
  return Object.fromEntries(names.map((name) => [name, { ...share(name), ...whole }])) as unknown as Readonly<Record<N, TrafficProxy>>;
}

function merged(parts: readonly ProxyConfiguration[]): ProxyConfiguration {
  const together = <T>(of: (part: ProxyConfiguration) => readonly T[] | undefined): readonly T[] => parts.flatMap((part) => of(part) ?? []);
  return {
    listeners: together(({ listeners }) => listeners),
    streams: together(({ streams }) => streams),
    entrances: together(({ entrances }) => entrances),
    aliases: together(({ aliases }) => aliases),
    clientSets: together(({ clientSets }) => clientSets),
    backends: together(({ backends }) => backends),
  };
}

/** An error about parts is each share's as far as it is about its own; any other is everybody's. */
function throwOwn(error: unknown, own: ProxyConfiguration): void {
  if (error instanceof ListenerBindError) {
    const ids = placesIn(own);
    const [first, ...others] = error.failures.filter(({ listener }) => ids.has(listener));
    if (first) throw new ListenerBindError([first, ...others]);
    return;
  }
  if (error instanceof RefusedPartsError) {
    const ids = placesIn(own);
    const backends = new Set(own.backends.map(({ id }) => id));
    const isOwn = (part: RefusedPart): boolean => (part.kind === "backend" ? backends.has(part.id) : ids.has(part.listener));
    const parts = error.parts.filter(isOwn);
    if (parts.length > 0) throw new RefusedPartsError(parts);
    return;
  }
  throw error;
}

function placesIn({ listeners, streams = [], entrances = [], aliases = [] }: ProxyConfiguration): ReadonlySet<string> {
  return new Set([...listeners, ...streams, ...entrances, ...aliases].map(({ id }) => id));
}

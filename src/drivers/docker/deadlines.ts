const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How long an engine may take to say that it is there. */
export const PING_MS = 10 * SECOND;
/** How long a pull may take to tell of any progress at all, and then to go on. */
export const PULL_BEGIN_MS = 5 * MINUTE;
export const PULL_QUIET_MS = MINUTE;

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The first row that fits says how long the engine may take for the whole answer, or for the beginning of one that goes on. */
const KINDS: readonly (readonly [call: RegExp, ms: number | ((query: Query) => number) | undefined])[] = [
  [/^GET \/_ping$/, PING_MS],
  // An engine up to version 25 says nothing at all until the container has printed something.
  [/^GET \/containers\/[^/]+\/logs$/, undefined],
  [/^GET \/events$/, PING_MS],
  [/^POST \/images\/create$/, PULL_BEGIN_MS],
  [/^POST \/containers\/create$/, 4 * MINUTE],
  [/^POST \/containers\/[^/]+\/start$/, 3 * MINUTE],
  [/^POST \/containers\/[^/]+\/stop$/, ({ t }) => Number(t ?? 10) * SECOND + MINUTE],
  // Until the container ends, which is the caller's to limit; and what the demo builds and pushes, which it shows as it comes.
  [/^POST \/(?:containers\/[^/]+\/wait|build|images\/.+\/push)$/, undefined],
  [/^POST \/images\/load$/, 10 * MINUTE],
  [/^DELETE /, 5 * MINUTE],
  // The engine answers what is asked of a container after what it does with it.
  [/^GET /, 2 * MINUTE],
  [/^/, 5 * MINUTE],
];

/**
 * How long the engine may take for a call; `undefined` where that cannot be said. Generous, because an engine under load is slow: that one hangs is
 * noticed by its pings. Source: the time limits of the Amazon ECS container agent (`dockerclient`), except for what it asks, to which it gives
 * between half a minute and ten.
 */
export function deadlineOf(method: string, path: string, query: Query = {}): number | undefined {
  const [, ms] = KINDS.find(([call]) => call.test(`${method} ${path}`)) ?? [];
  return typeof ms === "function" ? ms(query) : ms;
}

import { decide, type RequestOrigin } from "../../../authorization/authorize.ts";
import type { Principal } from "../../../domain/principal.ts";
import { scopeKey } from "../../../domain/scope.ts";
import { AwsError } from "../../../services/aws-error.ts";
import type { Platform } from "../../../services/platform.ts";
import { scopeOf, WATCHED, type ChangedResource } from "./kinds.ts";

/** Changes of so many milliseconds are told together. */
const TOGETHER_MS = 25;
/** Proxies and our own server close what is silent for minutes; all feeds are given a line at once. */
const ALIVE_MS = 120_000;
/** Consoles that listen at once, of one account and of all. */
const MOST_OF_ACCOUNT = 512;
const MOST = 1024;
/** Permissions that are asked for before others have their turn. */
const AT_ONCE = 500;

/** Where the feed of one console goes. */
export interface FeedSink {
  /** Sends text. What cannot be sent, since the client does not read, is the sink's to end. */
  write(text: string): void;
  end(): void;
}

/** Who listens, and what policies may ask of the request that it came by. */
export interface Listener {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
}

export interface ChangeFeed extends Disposable {
  /**
   * Tells a console, from now on, which resources of its account and region have changed, as server-sent events. Disposing ends it.
   * @throws AwsError where too many listen
   */
  listen(listener: Listener, sink: FeedSink): Disposable;
}

interface Feed extends Listener {
  readonly sink: FeedSink;
  /** Those of one group may see the same. */
  readonly group: string;
}

interface Place {
  readonly feeds: Set<Feed>;
  /** By kind and ARN, each once however often it changed. */
  changed: Map<string, ChangedResource>;
  telling: boolean;
}

/**
 * What changed, told to who may see it: never what it is now, which the page asks the API. Nothing is told before it is durable. Tables are watched while
 * somebody listens; a change where nobody listens costs one lookup, and one where somebody does one decision for all who may see the same, however many consoles they
 * have open. Nothing is done while nothing changes, but for a line to each every two minutes.
 */
export function changeFeed({ state, clock, credentials }: Pick<Platform, "state" | "clock" | "credentials">): ChangeFeed {
  const places = new Map<string, Place>();
  let size = 0;
  let watching: readonly Disposable[] = [];
  let beat: Disposable | undefined;

  const keepAlive = (): void => {
    for (const { feeds } of places.values()) for (const { sink } of feeds) sink.write(": alive\n\n");
    beat = clock.after(ALIVE_MS, keepAlive);
  };
  const note = (resource: ChangedResource): void => {
    const scope = scopeOf(resource);
    if (!scope) return;
    if (scope.region !== "") noteAt(places.get(scopeKey(scope)), resource);
    else for (const [key, place] of places) if (key.startsWith(`${scope.account}/`)) noteAt(place, resource);
  };
  const noteAt = (place: Place | undefined, resource: ChangedResource): void => {
    if (!place) return;
    place.changed.set(`${resource.kind} ${resource.arn}`, resource);
    if (place.telling) return;
    place.telling = true;
    clock.after(TOGETHER_MS, () => void tell(place));
  };
  const tell = async (place: Place): Promise<void> => {
    const changed = [...place.changed.values()];
    place.changed = new Map();
    try {
      await state.durable();
      for (let at = 0; at < changed.length; at += AT_ONCE) {
        if (at > 0) await new Promise<void>((resolve) => clock.soon(resolve));
        tellSome(place, changed.slice(at, at + AT_ONCE));
      }
    } catch {
      // What could not become durable is told by nobody; consoles learn what there is when they listen anew.
      for (const { sink } of place.feeds) sink.end();
    }
    place.telling = false;
    const [next] = place.changed.values();
    if (next) noteAt(place, next);
  };
  const tellSome = ({ feeds }: Place, changed: readonly ChangedResource[]): void => {
    const now = clock.now();
    const texts = new Map<string, string>();
    for (const feed of feeds) {
      if (!credentials.stand(feed.principal, now)) {
        feed.sink.end();
        continue;
      }
      const text = texts.get(feed.group) ?? textFor(feed, changed, now);
      texts.set(feed.group, text);
      if (text !== "") feed.sink.write(text);
    }
  };
  const textFor = ({ principal, origin }: Feed, changed: readonly ChangedResource[], now: number): string => {
    const seen = changed.filter(({ read }) => decide({ state, now }, principal, read, origin).allowed);
    return seen.length === 0 ? "" : `data: ${JSON.stringify(seen.map(({ kind, arn }) => ({ kind, arn })))}\n\n`;
  };
  const watch = (): void => {
    watching = WATCHED.map(({ definition, resource, isTold }) =>
      state.watch(definition, ({ before, after }) => {
        const record = after ?? before;
        const changed = record && isTold(before, after) ? resource(record, state) : undefined;
        if (changed) note(changed);
      }),
    );
    beat = clock.after(ALIVE_MS, keepAlive);
  };
  const rest = (): void => {
    for (const one of watching) one[Symbol.dispose]();
    beat?.[Symbol.dispose]();
    watching = [];
  };

  return {
    listen(listener, sink) {
      const { account } = listener.principal;
      const ofAccount = [...places].reduce((sum, [key, { feeds }]) => (key.startsWith(`${account}/`) ? sum + feeds.size : sum), 0);
      if (size >= MOST || ofAccount >= MOST_OF_ACCOUNT)
        throw new AwsError("ServiceUnavailable", "Too many consoles listen. Close some that you do not need.", 503);
      const key = scopeKey({ account, region: listener.origin.region });
      const place = places.get(key) ?? { feeds: new Set<Feed>(), changed: new Map<string, ChangedResource>(), telling: false };
      const feed = { ...listener, sink, group: groupOf(listener) };
      places.set(key, place);
      place.feeds.add(feed);
      size += 1;
      if (size === 1) watch();
      const { session } = listener.principal;
      const over = session && clock.after(Math.max(0, session.expiresAt - clock.now()), () => sink.end());
      sink.write(": listening\n\n");
      return {
        [Symbol.dispose]() {
          over?.[Symbol.dispose]();
          if (!place.feeds.delete(feed)) return;
          size -= 1;
          if (place.feeds.size === 0 && places.get(key) === place) places.delete(key);
          if (size === 0) rest();
        },
      };
    },
    [Symbol.dispose]() {
      for (const { feeds } of places.values()) for (const { sink } of feeds) sink.end();
      rest();
    },
  };
}

/** Everything of who listens and how that policies can look at. When a session was made they can; under which key, and until when it lasts, they cannot. */
function groupOf({ principal, origin }: Listener): string {
  const { accessKeyId: _key, session, ...who } = principal;
  const { expiresAt: _expires, ...facts } = session ?? { expiresAt: 0 };
  return JSON.stringify([who, facts, origin]);
}

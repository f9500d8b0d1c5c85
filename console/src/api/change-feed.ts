import { currentSession, sessionIsOver, type Session } from "../session/session.ts";
import { troubleOf } from "./errors.ts";
import { signedFetch } from "./signed-fetch.ts";

/** A resource that has changed; what it is now, the page asks the API. */
export interface Change {
  readonly kind: string;
  readonly arn: string;
}

export type FeedStatus = "connecting" | "live" | "lost";

export interface FeedHandlers {
  readonly changed: (changes: readonly Change[]) => void;
  /** It listens anew: whatever happened meanwhile was not told. */
  readonly listening: () => void;
  readonly status: (status: FeedStatus) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
/** A tab that nobody sees lets go of its connection, of which a browser has six for all tabs of a server. */
const UNSEEN_MS = 5000;

/** Follows the server's change feed until it is stopped: connects again when it was cut off, ever later up to four seconds. */
export function followChanges(session: Session, region: string, handlers: FeedHandlers): () => void {
  const over = new AbortController();
  let listening: AbortController | undefined;
  let unseen: ReturnType<typeof setTimeout> | undefined;
  let awake: (() => void) | undefined;

  const look = (): void => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(() => listening?.abort(), UNSEEN_MS);
    else awake?.();
  };
  document.addEventListener("visibilitychange", look);
  const online = (): void => awake?.();
  window.addEventListener("online", online);

  const follow = async (): Promise<void> => {
    let pause = FIRST_PAUSE_MS;
    while (!over.signal.aborted) {
      if (document.hidden) await waiting(undefined);
      listening = new AbortController();
      const signal = AbortSignal.any([over.signal, listening.signal]);
      try {
        const answer = await signedFetch({ method: "GET", path: "changes", keys: session.credentials, region, signal });
        pause = FIRST_PAUSE_MS;
        handlers.status("live");
        handlers.listening();
        await readEvents(answer, handlers.changed);
      } catch (error) {
        if (!signal.aborted && troubleOf(error) === "expired") {
          if (currentSession() === session) sessionIsOver(session);
          return;
        }
      }
      if (over.signal.aborted) return;
      if (!document.hidden) handlers.status("lost");
      await waiting(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  };
  /** Until the time is over, or until somebody looks again. */
  const waiting = (ms: number | undefined): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        awake = undefined;
        over.signal.removeEventListener("abort", done);
        resolve();
      }
      awake = done;
      over.signal.addEventListener("abort", done);
    });

  handlers.status("connecting");
  void follow();
  return () => {
    over.abort();
    clearTimeout(unseen);
    document.removeEventListener("visibilitychange", look);
    window.removeEventListener("online", online);
  };
}

/** Reads server-sent events to their end. Source: HTML Standard, "Server-sent events"; ours have one `data` line each. */
async function readEvents(answer: Response, changed: (changes: readonly Change[]) => void): Promise<void> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const events = (rest + part.value).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) if (event.startsWith("data: ")) changed(JSON.parse(event.slice("data: ".length)) as readonly Change[]);
  }
}

import { QueryClient, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo, useState } from "react";
import { currentSession, sessionIsOver, type Session } from "../session/session.ts";
import { followChanges, type Change, type FeedStatus } from "./change-feed.ts";
import { troubleOf } from "./errors.ts";

/** As whom and where the pages ask. */
export interface Place {
  readonly session: Session;
  readonly region: string;
}

export const PlaceContext = createContext<Place | undefined>(undefined);

export function usePlace(): Place {
  const place = use(PlaceContext);
  if (!place) throw new Error("no page is shown before somebody has signed in");
  return place;
}

/** Which changes concern a query. */
interface Concern {
  /** Such as `ecs:task`. */
  readonly kinds: readonly string[];
  /** Of these kinds, only what is about this; all where absent. */
  readonly about?: (arn: string) => boolean;
}

export interface LiveQuery<T> extends Concern {
  /** What is asked, with all that it depends on besides session and region. */
  readonly key: readonly (string | number | undefined)[];
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** False while something that it needs is not there yet. */
  readonly enabled?: boolean;
}

/** Asks the API, and again whenever the change feed says that something of it has changed. Never by the clock. */
export function useLive<T>({ key, load, kinds, about, enabled = true }: LiveQuery<T>): UseQueryResult<T> {
  const { session, region } = usePlace();
  return useQuery({
    queryKey: [session.credentials.accessKeyId, region, ...key],
    queryFn: async ({ signal }) => {
      try {
        return await load(signal);
      } catch (error) {
        if (troubleOf(error) === "expired" && currentSession() === session) sessionIsOver(session);
        throw error;
      }
    },
    enabled,
    meta: { kinds, about } satisfies { readonly [K in keyof Concern]: unknown },
  });
}

export function queryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What a server refuses it refuses again; where none answers, the feed tells when one does.
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
        staleTime: 1000,
      },
      mutations: { networkMode: "always" },
    },
  });
}

/** Not more often than this is anything asked again, however much changes. */
const ROUND_MS = 100;

/** Follows the feed for all pages of a session in a region. @returns whether it is heard */
export function useChangeFeed({ session, region }: Place): FeedStatus {
  const client = useQueryClient();
  const [status, setStatus] = useState<FeedStatus>("connecting");
  const round = useMemo(() => rounds(client), [client]);
  useEffect(
    () => followChanges(session, region, { changed: round.add, listening: round.all, status: setStatus }),
    [session, region, round],
  );
  return status;
}

/** Asks again what changes concern, a round after the other: one is not begun before the last has its answers. */
function rounds(client: QueryClient): { readonly add: (changes: readonly Change[]) => void; readonly all: () => void } {
  let waiting: Change[] = [];
  let everything = false;
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0 || everything) {
      const [changes, all] = [waiting, everything];
      waiting = [];
      everything = false;
      await client.invalidateQueries({ predicate: ({ meta }) => all || concerns(meta as Concern | undefined, changes) });
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    }
    running = false;
  };
  const go = (): void => void (running || run());
  return {
    add(changes) {
      waiting.push(...changes);
      go();
    },
    all() {
      everything = true;
      go();
    },
  };
}

function concerns(concern: Concern | undefined, changes: readonly Change[]): boolean {
  return changes.some(({ kind, arn }) => concern?.kinds.includes(kind) === true && concern.about?.(arn) !== false);
}

import { useMemo } from "react";
import type { Session } from "../session/session.ts";
import { usePlace } from "./live.ts";

interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Session["credentials"];
  readonly maxAttempts: number;
}

/** A client of the SDK for this very server. */
export function clientFor<C>(Client: new (settings: ClientSettings) => C, session: Session, region: string): C {
  return new Client({ endpoint: location.origin, region, credentials: session.credentials, maxAttempts: 2 });
}

export function useClient<C>(Client: new (settings: ClientSettings) => C): C {
  const { session, region } = usePlace();
  return useMemo(() => clientFor(Client, session, region), [Client, session, region]);
}

/** All items of a list that comes in pages. */
export async function everything<P, T>(pages: AsyncIterable<P>, itemsOf: (page: P) => readonly T[] | undefined): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...(itemsOf(page) ?? []));
  return all;
}

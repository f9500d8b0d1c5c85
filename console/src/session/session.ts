import { useSyncExternalStore } from "react";

/** Temporary credentials and whose they are: all that the browser keeps of a sign-in, in this tab alone. */
export interface Session {
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
  readonly account: string;
  readonly arn: string;
  /** Milliseconds since the Unix epoch; absent where the credentials came from elsewhere and do not tell. */
  readonly expiresAt?: number;
  /** Who switched to this role. */
  readonly before?: Session;
}

const KEY = "airfield.session";

let current = read();
/** Why nobody is signed in any more, to be told at the sign-in. */
let ended: "expired" | undefined;
const listeners = new Set<() => void>();

function read(): Session | undefined {
  try {
    const kept = sessionStorage.getItem(KEY);
    return kept === null ? undefined : (JSON.parse(kept) as Session);
  } catch {
    return undefined;
  }
}

function change(session: Session | undefined, why?: "expired"): void {
  current = session;
  ended = why;
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export const currentSession = (): Session | undefined => current;

export function startSession(session: Session): void {
  change(session);
}

/** Signs out of everything. */
export function endSession(): void {
  change(undefined);
}

/** The server says that a session is over: who switched to a role is back as who they were. */
export function sessionIsOver(session: Session): void {
  if (current === session) change(session.before, session.before ? undefined : "expired");
}

export function whyEnded(): "expired" | undefined {
  return ended;
}

export function useSession(): Session | undefined {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentSession);
}

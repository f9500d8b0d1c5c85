import type { Scope } from "../domain/scope.ts";

/** What is to be run where. */
export interface ExecRequest {
  readonly scope: Scope;
  /** The engine's id of the container. */
  readonly runtimeId: string;
  readonly command: readonly string[];
  /** Where what was shown on the terminal goes at the session's end, in a stream of the session's name. Nowhere where absent. */
  readonly log?: SessionLog;
}

export interface SessionLog extends Scope {
  readonly group: string;
}

/** What a client needs to take part: whoever has the token has the session. */
export interface SessionGrant {
  readonly sessionId: string;
  readonly token: string;
}

/** A client's connection. */
export interface ClientLine {
  send(frame: Uint8Array): void;
  close(): void;
}

/** Takes what a client sends. */
export interface ClientHearing {
  receive(frame: Uint8Array): void;
  /** It is gone. */
  gone(): void;
}

/** The sessions of ECS Exec. */
export interface ExecSessions extends AsyncDisposable {
  open(request: ExecRequest): SessionGrant;
  /** A client that has shown its token. `undefined` where the token opens nothing. */
  join(sessionId: string, token: string, line: ClientLine): ClientHearing | undefined;
  /** A token for a client that lost its connection; `undefined` where the session is over. */
  resume(scope: Scope, sessionId: string): string | undefined;
  /** Ends a session. False where there is none. */
  terminate(scope: Scope, sessionId: string): boolean;
}

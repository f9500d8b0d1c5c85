/** A request of a client that is to log in, or comes back from its provider, as the traffic proxy hands it on. */
export interface LoginRequest {
  /** As the client wrote it, with its port where it wrote one. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly cookies: ReadonlyMap<string, string>;
  /** The gate that it came to; absent where it comes back from a provider. */
  readonly gate?: string;
  /** The session that is to be made anew, as `writeSession` has it. */
  readonly session?: string;
}

export interface LoginAnswer {
  readonly status: number;
  readonly location?: string;
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
}

/** Answers one request. Never rejects. */
export type LoginHandler = (request: LoginRequest) => Promise<LoginAnswer>;

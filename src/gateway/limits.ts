/** What one client may take up, and what strangers may together. Times are milliseconds. */
export interface Limits {
  /** Until all headers are there. */
  readonly headersMs: number;
  /** Until the body of an API request is there; layers of images are streams, and take as long as they take. */
  readonly bodyMs: number;
  /** Bytes that must have come of such a body after each so many milliseconds. */
  readonly bodyPace: { readonly bytes: number; readonly ms: number };
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** Bytes of all headers together: session tokens are long. */
  readonly headerBytes: number;
  /** Header lines of a request: SDKs send about twelve. */
  readonly headers: number;
  /** At once, on each listening address. */
  readonly connections: number;
  /** Requests of one connection that wait for their answers: no client of AWS's sends a second one before the first answer. */
  readonly pipelined: number;
  /** Idle connections of SDK clients stay open a little longer than those clients keep them, so that none is cut under a request. */
  readonly keepAliveMs: number;
  /** Bytes of all bodies together that are under way: nobody can have signed what is not whole yet. */
  readonly bodyBytes: number;
  /** Requests a second that are answered to one address without a good signature, and how many at once after a pause. */
  readonly strangers: { readonly rate: number; readonly burst: number };
}

export const LIMITS: Limits = {
  headersMs: 30_000,
  bodyMs: 300_000,
  // 500 bytes a second, as Apache's `mod_reqtimeout` has it.
  bodyPace: { bytes: 5000, ms: 10_000 },
  idleMs: 300_000,
  headerBytes: 64 * 1024,
  headers: 100,
  connections: 4096,
  pipelined: 16,
  keepAliveMs: 75_000,
  bodyBytes: 128 * 1024 * 1024,
  strangers: { rate: 100, burst: 500 },
};

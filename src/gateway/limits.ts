/** What one client may take up. Times are milliseconds. */
export interface Limits {
  /** Until all headers are there. */
  readonly headersMs: number;
  /** Until the body of an API request is there; layers of images are streams, and take as long as they take. */
  readonly bodyMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** Bytes of all headers together: session tokens are long. */
  readonly headerBytes: number;
  /** At once, on each listening address. */
  readonly connections: number;
  /** Idle connections of SDK clients stay open a little longer than those clients keep them, so that none is cut under a request. */
  readonly keepAliveMs: number;
}

export const LIMITS: Limits = {
  headersMs: 30_000,
  bodyMs: 300_000,
  idleMs: 300_000,
  headerBytes: 64 * 1024,
  connections: 4096,
  keepAliveMs: 75_000,
};

/** One look at an endpoint, as Route 53's health checkers take it. */
export interface Probe {
  readonly kind: "TCP" | "HTTP" | "HTTPS";
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** The `Host` header; the address where absent. */
  readonly host?: string;
  /** The name that TLS is asked for; none where absent. */
  readonly serverName?: string;
  /** Path and query, beginning with `/`. */
  readonly path?: string;
  /** Must be in the first 5,120 octets of the body. */
  readonly search?: string;
}

export interface ProbeResult {
  readonly healthy: boolean;
  /** Such as `HTTP Status Code 200, OK`. */
  readonly text: string;
}

/** Looks at endpoints. Never rejects: what goes wrong is a result. Redirects are not followed, certificates not checked. */
export interface EndpointProber {
  probe(probe: Probe): Promise<ProbeResult>;
}

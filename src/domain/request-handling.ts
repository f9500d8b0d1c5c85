/** What a load balancer does with requests on their way to targets, besides routing them. Source: ELB API, `LoadBalancerAttribute`. */
export interface RequestHandling {
  /** What becomes of `X-Forwarded-For`. */
  readonly forwardedFor: "append" | "preserve" | "remove";
  /** Whether the client's port is told with its address, where that is appended. */
  readonly clientPort: boolean;
  /** Whether `Host` stays as the client wrote it. Otherwise it names the port where that is neither 80 nor 443, and only there. */
  readonly keepsHost: boolean;
  /** Whether headers are left out whose names have other signs than letters, digits and hyphens. */
  readonly dropsInvalidHeaders: boolean;
  /** Whether requests are refused whose meaning others may see differently. */
  readonly isStrict: boolean;
  /** After so many seconds a client's connection is closed with its next answer. */
  readonly connectionAge: number;
}

/** As every Application Load Balancer does unless told otherwise. */
export const USUAL_HANDLING: RequestHandling = {
  forwardedFor: "append",
  clientPort: false,
  keepsHost: false,
  dropsInvalidHeaders: false,
  isStrict: false,
  connectionAge: 3600,
};

/** The headers in which targets hear of the encryption on the client's side; neither where absent. */
export interface TlsHeaders {
  readonly version: string;
  readonly cipher: string;
}

/** What a listener does with the headers of answers. Source: ELB API, `ListenerAttribute`. */
export interface AnswerHandling {
  /** Given to every answer, in place of the target's own of that name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the load balancer does not name itself. */
  readonly isNameless: boolean;
}

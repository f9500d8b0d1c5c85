/** One request that a load balancer's listener answered, as the proxy tells of it. Times are milliseconds. */
export interface LoggedRequest {
  /** ARN. */
  readonly loadBalancer: string;
  /** Of the rule that took it; 0 for the default one. */
  readonly priority: number;
  readonly action: "forward" | "fixed-response" | "redirect";
  /** When it was answered, microseconds since the Unix epoch. */
  readonly answeredAt: number;
  /** `address:port`. */
  readonly client: string;
  /** The backend that it was forwarded to, and its server as `address:port`; absent where it was sent to none. */
  readonly backend?: string;
  readonly server?: string;
  /** From its first byte to the answer's last one. */
  readonly took: number;
  /** Until it was sent to the server, until the server's answer began, and until that was sent on; -1 for what did not come about. */
  readonly before: number;
  readonly waited: number;
  readonly after: number;
  /** As sent to the client; absent where it was gone before. */
  readonly status?: number;
  /** Whether the client went away before it had the whole answer. */
  readonly isAborted: boolean;
  /** Bytes. */
  readonly received: number;
  readonly sent: number;
  readonly method: string;
  readonly target: string;
  /** Such as `HTTP/1.1`. */
  readonly version: string;
  readonly host: string;
  readonly userAgent: string;
  readonly trace: string;
  readonly location: string;
  /** Present where the client's side was encrypted. */
  readonly tls?: { readonly cipher: string; readonly version: string; readonly serverName: string };
}

/** Requests that were noted up to some moment. */
export interface RequestLogPart {
  /** Unique, and the same when it is asked for again. */
  readonly name: string;
  /** Milliseconds since the Unix epoch: when it was closed. */
  readonly closedAt: number;
  /** In the order of their answers, some at a time. What cannot be read is left out. */
  read(): AsyncIterable<readonly LoggedRequest[]>;
  /** It is never asked for again. */
  remove(): Promise<void>;
}

/** The requests of routes that are to be logged, kept on disk until they are delivered. */
export interface RequestLog extends AsyncDisposable {
  /** Closes what was noted so far; resolves with all parts that are closed and not removed, oldest first. */
  parts(): Promise<readonly RequestLogPart[]>;
}

/** What the proxy tells of. */
export type LoggedEntry = LoggedRequest | LoggedConnection | LoggedStream;

/** One request that a load balancer's listener answered. Times are milliseconds. */
export interface LoggedRequest {
  readonly kind: "request";
  /** ARN. */
  readonly loadBalancer: string;
  /** Of the rule that took it; 0 for the default one; absent where it was refused before any was asked. */
  readonly priority?: number;
  readonly action?: "forward" | "fixed-response" | "redirect";
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
  /** Empty, as is all else of it, where it could not be read. */
  readonly method: string;
  readonly target: string;
  /** Such as `HTTP/1.1`. */
  readonly version: string;
  readonly host: string;
  readonly userAgent: string;
  readonly trace: string;
  readonly location: string;
  /** Of its connection, where connections are logged, too. */
  readonly connection?: string;
  /** Present where the client's side was encrypted. */
  readonly tls?: { readonly cipher: string; readonly version: string; readonly serverName: string };
}

/** One connection of a client with an Application Load Balancer: told with its first request, or when it ends without any. */
export interface LoggedConnection {
  readonly kind: "connection";
  /** ARN. */
  readonly loadBalancer: string;
  /** When it was established or failed, microseconds since the Unix epoch. */
  readonly at: number;
  readonly client: string;
  readonly clientPort: string;
  /** That the proxy listens on. */
  readonly port: number;
  /** What tells it apart; requests over it name it. */
  readonly id: string;
  /** Present where it is encrypted, or was to be. */
  readonly tls?: {
    readonly version: string;
    readonly cipher: string;
    /** Milliseconds. */
    readonly handshake: number;
    readonly hasFailed: boolean;
    /** What was found against the client's certificate, as OpenSSL numbers it; 0 for nothing. */
    readonly verified: number;
    readonly clientCertificate?: {
      readonly subject: string;
      readonly notBefore: string;
      readonly notAfter: string;
      readonly serial: string;
    };
  };
}

/** One encrypted connection with a Network Load Balancer, told when it has ended. Times are milliseconds. */
export interface LoggedStream {
  readonly kind: "stream";
  /** ARNs. */
  readonly loadBalancer: string;
  readonly listener: string;
  /** Milliseconds since the Unix epoch. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** `address:port`. */
  readonly client: string;
  readonly destination: string;
  readonly took: number;
  readonly handshake: number;
  /** Bytes, without encryption. */
  readonly received: number;
  readonly sent: number;
  /** By which the client ended the handshake (RFC 8446, section 6). */
  readonly alert?: number;
  /** SHA-1 of the certificate that the client was shown, in hex; absent where it was shown none. */
  readonly certificate?: string;
  /** Absent where none came about. */
  readonly tls?: { readonly cipher: string; readonly version: string };
  readonly serverName: string;
  /** The protocol that was agreed on within TLS. */
  readonly protocol: string;
}

/** Requests that were noted up to some moment. */
export interface RequestLogPart {
  /** Unique, and the same when it is asked for again. */
  readonly name: string;
  /** Milliseconds since the Unix epoch: when it was closed. */
  readonly closedAt: number;
  /** In the order of their answers, some at a time. What cannot be read is left out. */
  read(): AsyncIterable<readonly LoggedEntry[]>;
  /** It is never asked for again. */
  remove(): Promise<void>;
}

/** The requests of routes that are to be logged, kept on disk until they are delivered. */
export interface RequestLog extends AsyncDisposable {
  /** Closes what was noted so far; resolves with all parts that are closed and not removed, oldest first. */
  parts(): Promise<readonly RequestLogPart[]>;
}

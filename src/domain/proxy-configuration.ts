// What a traffic proxy is told and tells: plain data, which pure decisions make and read.

import type { ProxyLogin } from "./proxy-login.ts";
import type { ProxyTls } from "./proxy-tls.ts";
import type { ProxyTokens } from "./proxy-tokens.ts";
import type { AnswerHandling, RequestHandling, TlsHeaders } from "./request-handling.ts";
import type { RequestCondition } from "./rule-condition.ts";

export interface ProxyConfiguration {
  readonly listeners: readonly ProxyListener[];
  /** None where absent. */
  readonly streams?: readonly ProxyStream[];
  /** None where absent. */
  readonly entrances?: readonly ProxyEntrance[];
  /** None where absent. */
  readonly aliases?: readonly ProxyAlias[];
  /** None where absent. */
  readonly clientSets?: readonly ProxyClientSet[];
  readonly backends: readonly ProxyBackend[];
}

/**
 * A port at which clients meet one backend, whatever name they call it by, and what they send stays as it is: a client alias of Service Connect. The backend has
 * `connect`.
 */
export interface ProxyAlias extends Omit<ListenerPlace, "clients"> {
  /** The set of clients that are served; the connections of all others are closed. */
  readonly clientSet: string;
  /** The set of those that are not served all the same. */
  readonly barredSet?: string;
  readonly backend: string;
}

/** Clients that come and go without a reload. */
export interface ProxyClientSet {
  /** Stable over changes. `[A-Za-z0-9_-]+`. */
  readonly id: string;
  readonly addresses: readonly string[];
}

/** Where a listener of either kind is bound. No two have an address and port in common. */
export interface ListenerPlace {
  /** Stable over changes. `[A-Za-z0-9_-]+`. */
  readonly id: string;
  /** None where an entrance leads here. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Blocks of the clients that are served, such as `10.0.0.0/16`; the connections of others are closed. Everybody's where absent. */
  readonly clients?: readonly string[];
}

/** A port whose connections are carried as they are, whatever is in them. */
export interface ProxyStream extends ListenerPlace {
  /** Weighted choice for each connection; one that finds no server is closed. All of them are backends of streams. */
  readonly backends: readonly { readonly id: string; readonly weight: number }[];
  /** Seconds without data, in both directions, before a connection is closed (`tcp.idle_timeout.seconds`). */
  readonly idleTimeout: number;
  /** Whether connections are forgotten as they come, and their clients not told. */
  readonly isSilent?: true;
  /** Present where its connections are encrypted on the client's side. */
  readonly tls?: ProxyTls;
  /** Present where its connections are logged: ARNs of whose they are. */
  readonly logged?: { readonly loadBalancer: string; readonly listener: string };
}

/**
 * A port whose connections carry HTTP. At an address of its own there is one load balancer; on loopback several share a port, and are told apart by the
 * Host header.
 */
export interface ProxyListener extends ListenerPlace {
  /**
   * The first route whose hosts and conditions match is taken; one without any matches every request. A request that names more than one host, or one in
   * its target without a Host header, is refused.
   */
  readonly routes: readonly ProxyRoute[];
  /** Present where its connections are encrypted. */
  readonly tls?: ProxyTls;
  /** ARN of the load balancer whose connections without a request, or without a handshake, are logged, where it is the only one here. */
  readonly logsConnectionsOf?: string;
}

/** A port at which some listeners are reached that end TLS each in its own way, and perhaps one that does not. They have no addresses of their own. */
export interface ProxyEntrance extends ListenerPlace {
  /** By the name that a client asks for; the first that has it is taken, an exact name before a wildcard. Names are as those of certificates. */
  readonly doors: readonly { readonly listener: string; readonly names: readonly string[] }[];
  /** The listener of clients that ask for another name, or for none. */
  readonly fallback: string;
  /** The listener of clients that do not speak TLS; they are turned away where absent. */
  readonly plain?: string;
}

export interface ProxyRoute {
  /**
   * Exact host names in lower case, without port and without the dot that may end a name; one that begins with a dot stands for every name that
   * ends so. Empty: any.
   */
  readonly hosts: readonly string[];
  /** Exact host names that `hosts` do not stand for. */
  readonly exceptHosts?: readonly string[];
  /** ARN of the load balancer that the route is a part of, where it is of one; told where it is refused. */
  readonly owner?: string;
  /** All of these have to hold besides. */
  readonly conditions?: readonly RequestCondition[];
  readonly action:
    /**
     * Weighted choice between backends; 503 where none has a server, as on AWS. With `stickiness`, a client whose cookie `AWSALBTG` names one of them
     * goes there again, for so many seconds since its last request.
     */
    | {
        readonly kind: "forward";
        readonly backends: readonly { readonly id: string; readonly weight: number }[];
        readonly stickiness?: number;
      }
    | { readonly kind: "fixed-response"; readonly status: number; readonly contentType?: string; readonly body?: string }
    /** The connection is forgotten, and its client not told. */
    | { readonly kind: "silence" }
    /** The location may hold ELB's placeholders `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}`, which stand for the request's own parts. */
    | { readonly kind: "redirect"; readonly status: 301 | 302; readonly location: string };
  /** Who may pass; everybody where absent. Of listeners that are encrypted. */
  readonly login?: ProxyLogin;
  /** Which tokens lead on; none is asked for where absent. Not together with `login`. */
  readonly tokens?: ProxyTokens;
  /** What becomes of a request that is forwarded, before it is sent. */
  readonly rewrites?: Rewrites;
  /** The same on all routes that forward to one backend; the usual one where absent. */
  readonly handling?: RequestHandling;
  /** What becomes of the answer; nothing where absent. */
  readonly answers?: AnswerHandling;
  /** The same on all routes of one listener. */
  readonly tlsHeaders?: TlsHeaders;
  /** Present where its requests are logged: the priority of the rule, 0 for the default one. */
  readonly logged?: number;
  /** Present where connections are logged whose first request it takes. */
  readonly logsConnections?: true;
  /** Seconds without data before a connection is closed (`idle_timeout.timeout_seconds`). */
  readonly idleTimeout: number;
}

export interface Rewrites {
  /** Of the Host header without its port. */
  readonly host?: Rewrite;
  /** Of the path with its query. */
  readonly url?: Rewrite;
}

/** What the expression finds first is replaced; `$1` to `$6` stand for what its groups found, and `$$` for a dollar sign. What it does not find stays. */
export interface Rewrite {
  readonly regex: string;
  readonly replacement: string;
}

export interface ProxyBackend {
  /** Stable over changes. `[A-Za-z0-9_-]+`. */
  readonly id: string;
  readonly algorithm: "round_robin" | "least_outstanding_requests" | "weighted_random";
  /** What servers are spoken to in; HTTP/1.1 where absent. Requests that cannot be carried so are answered with 464. */
  readonly version?: "http2" | "grpc";
  /** Servers end TLS; their certificates are not looked at, as on AWS. Absent: they do not. */
  readonly secure?: true;
  /** Requests of one client go to one server, as long as it is healthy and does not drain. Absent: each goes wherever the algorithm says. */
  readonly stickiness?: ProxyStickiness;
  /** Seconds during which a server that comes, or comes back, gets a growing share of the requests. Absent: it gets its share at once. */
  readonly slowStart?: number;
  /** With fewer healthy servers than either of these, all but the initial and draining ones get requests. Absent: with none. */
  readonly minimumHealthy?: {
    readonly count: number;
    /** Of those that do not drain. */
    readonly percentage?: number;
  };
  readonly healthCheck:
    | { readonly kind: "none" }
    | {
        readonly kind: "http" | "tcp" | "grpc";
        /** Checks are made over TLS. Absent: they are not, whatever requests are. */
        readonly secure?: true;
        readonly path: string;
        /** Codes of HTTP, or of gRPC, that mean healthy, as ELB writes them: `200`, `200,202`, `200-299`. */
        readonly matcher: string;
        /** Seconds. */
        readonly interval: number;
        readonly timeout: number;
        readonly healthyThreshold: number;
        readonly unhealthyThreshold: number;
        /** `undefined`: the port that carries the traffic. */
        readonly port?: number;
      };
  /** Present where it gets streams; absent where it gets requests. */
  readonly stream?: {
    /** Whether each connection, those of checks too, begins with a header of the PROXY protocol, version 2, that tells who the client is. */
    readonly proxyProtocol: boolean;
    /** Whether what a server still carries when it is removed is cut, rather than carried on until either side ends it. */
    readonly cutsRemoved: boolean;
    /** Whether what a server carries is cut when it becomes unhealthy. */
    readonly cutsUnhealthy: boolean;
  };
  /**
   * Present where it gets what comes to aliases. A server at which five requests or connections in a row fail (no connection, no answer, 5xx) is left out until
   * its check has passed as often as the check says.
   */
  readonly connect?: {
    readonly kind: "requests" | "connections";
    /** Seconds without data before a connection is closed; 0 for never. */
    readonly idleTimeout: number;
    /** Seconds until a server has to answer a request; 0 for none. */
    readonly requestTimeout: number;
  };
  readonly servers: readonly ProxyServer[];
}

/**
 * How clients are known again. `lb-cookie`: by a cookie that the proxy sets at each answer. `app-cookie`: by one that it sets once a server has set the
 * named one, and that counts beside that one alone. `source-ip`: by the address that they connect from. Durations are seconds after the last answer.
 */
export type ProxyStickiness =
  | { readonly kind: "lb-cookie"; readonly duration: number }
  | { readonly kind: "app-cookie"; readonly duration: number; readonly cookie: string }
  | { readonly kind: "source-ip" };

export interface ProxyServer {
  /** Unique within the backend, stable. `[A-Za-z0-9_.-]+`. */
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** The address of this host from which it is connected to; the one that the host's routes choose where absent. */
  readonly source?: string;
  /**
   * The id of a listener of this configuration without addresses, which it is; its address and port only name it. In backends of streams with
   * `proxyProtocol` alone: a listener learns from that who the client is.
   */
  readonly listener?: string;
  /** A draining server finishes what it has and gets nothing new. */
  readonly draining: boolean;
  /**
   * Health known from before, where there is any. A server that is new starts as `initial`: it gets no traffic until its first
   * check passes, which is made at once (one pass makes a new target healthy on AWS; after that the thresholds count).
   */
  readonly health: "initial" | "healthy" | "unhealthy";
}

export interface ServerHealthReport {
  readonly backend: string;
  readonly server: string;
  readonly health: "initial" | "healthy" | "unhealthy";
  /** Why it is not healthy: the code that the check got, a timeout, or no connection. */
  readonly cause?: { readonly kind: "status"; readonly status: number } | { readonly kind: "timeout" } | { readonly kind: "connection" };
}

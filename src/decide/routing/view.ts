import type { PacketService } from "../../domain/packet-service.ts";
import type { ProxyBackend, Rewrites } from "../../domain/proxy-configuration.ts";
import type { ProxyLogin } from "../../domain/proxy-login.ts";
import type { ProxyTokens } from "../../domain/proxy-tokens.ts";
import type { ProxyClientCertificates } from "../../domain/proxy-tls.ts";
import type { AnswerHandling, RequestHandling, TlsHeaders } from "../../domain/request-handling.ts";
import type { RequestCondition } from "../../domain/rule-condition.ts";

/** All listeners that exist here, of every account and region: they share this host's ports. The order of the lists carries no meaning. */
export interface RoutingView {
  /** Where every listener listens: loopback. */
  readonly addresses: readonly string[];
  /** Where the listeners of one VPC's load balancers alone listen, for clients in that VPC alone. */
  readonly gateways: readonly GatewayView[];
  readonly listeners: readonly ListenerView[];
  /** Of network load balancers. None where absent. */
  readonly streams?: readonly StreamView[];
  readonly groups: readonly TargetGroupView[];
}

/** This host's own address in a VPC. */
export interface GatewayView {
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly address: string;
}

export interface ListenerView {
  /** The port that is bound for it on the addresses that all share. */
  readonly port: number;
  /** Its own port, where that is another. */
  readonly asked?: number;
  /** Where its load balancer alone listens; absent while this host does not have these addresses. */
  readonly own?: OwnPlace;
  /** Its own port, where its load balancer is a target of network load balancers there. */
  readonly inner?: number;
  /** Of two listeners on one port, the one with the lower number took it first. No two have the same. */
  readonly turn: number;
  readonly balancer: BalancerView;
  /** What becomes of answers; nothing where absent. */
  readonly answers?: AnswerHandling;
  readonly tlsHeaders?: TlsHeaders;
  /** In the order in which they are tried. */
  readonly rules: readonly RuleView[];
  /** Of requests that no rule takes. */
  readonly action: ActionView;
  /** Who gets to that action; everybody where absent. */
  readonly login?: ProxyLogin;
  /** Which tokens lead to that action; none is asked for where absent. */
  readonly tokens?: ProxyTokens;
  /** Of an encrypted one. */
  readonly tls?: TlsView;
  /** Whether its load balancer lets nobody of this host in: on the addresses that all share, it does not answer. */
  readonly isShutToHost?: true;
}

export interface TlsView {
  readonly default: CertificateView;
  /** The further ones, the default among them where it was added to them. */
  readonly list: readonly CertificateView[];
  /** The name of the security policy. */
  readonly policy: string;
  /** The protocols that are offered, the first preferred. */
  readonly alpn: readonly string[];
  readonly clientCertificates?: ProxyClientCertificates;
}

export interface CertificateView {
  /** The ARN. */
  readonly id: string;
  /** As the certificate has them. */
  readonly names: readonly string[];
  readonly keyKind: "RSA" | "EC";
  readonly keyBits: number;
  /** Milliseconds since the Unix epoch. */
  readonly notAfter: number;
  /** With its chain and its private key. */
  readonly pem: string;
  /** Whether ACM issued it, so that whoever has the zones of its names has agreed. */
  readonly isProven?: true;
}

/** Where one load balancer listens at addresses of its own. */
export interface OwnPlace {
  /** The listener's own port. */
  readonly port: number;
  readonly nodes: readonly { readonly address: string; readonly zone: string }[];
  /** Blocks of who may come in: its VPC first, those that are peered with it, and this host. */
  readonly clients: readonly string[];
}

/** A listener that carries connections as they are. It has its port to itself, also on the addresses that all share. */
export interface StreamView {
  readonly port: number;
  readonly own?: OwnPlace;
  readonly balancer: Pick<BalancerView, "arn" | "vpcId">;
  /** Of an encrypted one. */
  readonly tls?: TlsView;
  readonly groups: readonly { readonly arn: string; readonly weight: number }[];
  /** Seconds. */
  readonly idleTimeout: number;
  /** Its ARN, where its connections are logged. */
  readonly logged?: string;
  /** What the kernel leads at its own addresses, so that targets see clients as they are. The proxy takes what comes there where absent. */
  readonly packets?: readonly Pick<PacketService, "protocol" | "idleTimeout">[];
  /** Whether there are no connections that the proxy could take, neither there nor anywhere else. */
  readonly isOfDatagrams?: true;
  /** As that of a listener. */
  readonly isShutToHost?: true;
}

export interface RuleView {
  readonly priority: number;
  readonly conditions: readonly RequestCondition[];
  readonly rewrites?: Rewrites;
  /** Who gets to the action; everybody where absent. */
  readonly login?: ProxyLogin;
  /** Which tokens lead to it; none is asked for where absent. */
  readonly tokens?: ProxyTokens;
  readonly action: ActionView;
}

export interface BalancerView {
  readonly arn: string;
  readonly dnsName: string;
  readonly vpcId: string;
  /** Seconds. */
  readonly idleTimeout: number;
  /** The usual one where absent. */
  readonly handling?: RequestHandling;
  /** Whether its requests are logged; not where absent. */
  readonly logs?: boolean;
  /** Whether connections to it are; not where absent. */
  readonly logsConnections?: boolean;
}

export type ActionView =
  | {
      readonly kind: "forward";
      readonly groups: readonly { readonly arn: string; readonly weight: number }[];
      /** Seconds for which a client comes to the same group again, where it does. */
      readonly stickiness?: number;
    }
  | { readonly kind: "fixed-response"; readonly status: number; readonly contentType?: string; readonly body?: string }
  /** No answer at all. */
  | { readonly kind: "silence" }
  | {
      readonly kind: "redirect";
      readonly status: 301 | 302;
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      /** With its leading slash. */
      readonly path: string;
      /** Without the question mark. */
      readonly query: string;
    };

/** What the proxy is told of a group besides its targets is settled by its record alone. */
export interface TargetGroupView extends Omit<ProxyBackend, "id" | "servers"> {
  readonly arn: string;
  /** The zones in which its load balancer has addresses, where each of these sends to the targets of its zone alone. Absent: to all. */
  readonly zones?: readonly string[];
  /** Those that may get requests: see `admit-target.ts`. */
  readonly targets: readonly TargetView[];
}

export interface TargetView {
  readonly id: string;
  readonly port: number;
  /** Where this host reaches it. */
  readonly address: string;
  readonly addressPort: number;
  /** Absent where it is in none, and is there for all. */
  readonly zone?: string;
  /** The address of its load balancer from which it is connected to, where this host has it. */
  readonly source?: string;
  /** The listener that it is, by its name in the proxy. */
  readonly listener?: string;
  readonly draining: boolean;
  readonly health: "initial" | "healthy" | "unhealthy";
}

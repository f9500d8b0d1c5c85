import type { TlsVersion } from "./ssl-policies.ts";

// How a traffic proxy speaks TLS with clients: plain data.

/** What a listener does with TLS connections, which it ends. */
export interface ProxyTls {
  /** Whose it is: the ARN of a load balancer. Told where a part of it is refused. */
  readonly owner: string;
  /** The first is shown to who names no host, or one that none of the others has. */
  readonly certificates: readonly [ProxyCertificate, ...ProxyCertificate[]];
  /** From the oldest. */
  readonly versions: readonly TlsVersion[];
  /** OpenSSL's names, the first preferred. What the proxy's library does not have is left out. */
  readonly ciphers: readonly string[];
  /** Protocols that are offered by ALPN, the first preferred; none where empty. */
  readonly alpn: readonly string[];
  /** Clients are asked for certificates where present. Their sessions are not resumed then. */
  readonly clientCertificates?: ProxyClientCertificates;
}

export interface ProxyCertificate {
  /** Stable over changes of what is in it. */
  readonly id: string;
  /** The names that it is shown under, in lower case; `*.` in front stands for one label. Of two certificates with the same name the client's kind of key tells. */
  readonly hosts: readonly string[];
  /** The certificate, those that lead from it towards its root, and its private key. */
  readonly pem: string;
}

export type ProxyClientCertificates =
  /** Whatever a client shows is let in and told to the server, all of its chain: `X-Amzn-Mtls-Clientcert`. */
  | { readonly kind: "passthrough"; readonly headers?: MtlsHeaders }
  /** Who has no certificate of these authorities, or one that is revoked, is not let in. */
  | {
      readonly kind: "verify";
      /** Certificates in PEM. */
      readonly authorities: string;
      /** Revocation lists in PEM; an authority without one revokes nothing. */
      readonly revocations?: string;
      readonly ignoreExpiry: boolean;
      /** Whether clients are told the names of the authorities. */
      readonly advertise: boolean;
      readonly headers?: MtlsHeaders;
    };

/** The headers that tell of a client's certificate, where they are named otherwise than AWS names them. */
export type MtlsHeaders = Readonly<Partial<Record<MtlsFact, string>>>;

export type MtlsFact = "chain" | "serial" | "issuer" | "subject" | "validity" | "leaf";

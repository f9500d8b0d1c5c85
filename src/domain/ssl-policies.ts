// The security policies of Elastic Load Balancing as facts: which versions of TLS and which ciphers each lets in.

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

export interface SslPolicy {
  readonly name: string;
  /** From the oldest. */
  readonly protocols: readonly TlsVersion[];
  /** OpenSSL's names, the first preferred. */
  readonly ciphers: readonly string[];
  /** Whether it belongs to those of which a load balancer has all or none. */
  readonly fips: boolean;
}

/** What CreateListener takes where none is named. Source: Application Load Balancers guide, "Security policies". */
export const DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08";

type CipherKind = "tls13" | "chacha" | "gcm" | "sha2" | "sha1" | "rsa-gcm" | "rsa-sha2" | "rsa-sha1" | "3des";

/** Every cipher of any policy, in the order in which policies prefer them. */
const CIPHERS: readonly (readonly [name: string, kind: CipherKind])[] = [
  ["TLS_AES_128_GCM_SHA256", "tls13"],
  ["TLS_AES_256_GCM_SHA384", "tls13"],
  ["TLS_CHACHA20_POLY1305_SHA256", "chacha"],
  ["ECDHE-ECDSA-AES128-GCM-SHA256", "gcm"],
  ["ECDHE-RSA-AES128-GCM-SHA256", "gcm"],
  ["ECDHE-ECDSA-AES128-SHA256", "sha2"],
  ["ECDHE-RSA-AES128-SHA256", "sha2"],
  ["ECDHE-ECDSA-AES128-SHA", "sha1"],
  ["ECDHE-RSA-AES128-SHA", "sha1"],
  ["ECDHE-ECDSA-AES256-GCM-SHA384", "gcm"],
  ["ECDHE-RSA-AES256-GCM-SHA384", "gcm"],
  ["ECDHE-ECDSA-AES256-SHA384", "sha2"],
  ["ECDHE-RSA-AES256-SHA384", "sha2"],
  ["ECDHE-RSA-AES256-SHA", "sha1"],
  ["ECDHE-ECDSA-AES256-SHA", "sha1"],
  ["AES128-GCM-SHA256", "rsa-gcm"],
  ["AES128-SHA256", "rsa-sha2"],
  ["AES128-SHA", "rsa-sha1"],
  ["AES256-GCM-SHA384", "rsa-gcm"],
  ["AES256-SHA256", "rsa-sha2"],
  ["AES256-SHA", "rsa-sha1"],
  ["DES-CBC3-SHA", "3des"],
];

const NEW = ["tls13", "chacha"] as const;
const RESTRICTED = ["gcm"] as const;
const FORWARD = [...RESTRICTED, "sha2"] as const;
const FORWARD_OLD = [...FORWARD, "sha1"] as const;
const RSA = [...FORWARD, "rsa-gcm", "rsa-sha2"] as const;
const ALL = [...FORWARD_OLD, "rsa-gcm", "rsa-sha2", "rsa-sha1"] as const;

/**
 * Name (after its prefix), oldest and newest version, kinds of ciphers. The policies with PQ let in the ciphers of the ones without.
 * Source: Application and Network Load Balancers guides, "Security policies", tables of protocols and of ciphers. Those for RFC 9151 and for CNSA 2.0
 * restrict keys and curves besides, which cannot be kept here, and are left out.
 */
const POLICIES: readonly (readonly [name: string, oldest: 0 | 1 | 2 | 3, newest: 2 | 3, kinds: readonly CipherKind[]])[] = [
  ["2016-08", 0, 2, ALL],
  ["2015-05", 0, 2, ALL],
  ["TLS-1-0-2015-04", 0, 2, [...ALL, "3des"]],
  ["TLS-1-1-2017-01", 1, 2, ALL],
  ["TLS-1-2-2017-01", 2, 2, RSA],
  ["TLS-1-2-Ext-2018-06", 2, 2, ALL],
  ["FS-2018-06", 0, 2, FORWARD_OLD],
  ["FS-1-1-2019-08", 1, 2, FORWARD_OLD],
  ["FS-1-2-2019-08", 2, 2, FORWARD_OLD],
  ["FS-1-2-Res-2019-08", 2, 2, FORWARD],
  ["FS-1-2-Res-2020-10", 2, 2, RESTRICTED],
  ["TLS13-1-3-2021-06", 3, 3, NEW],
  ["TLS13-1-2-Res-2021-06", 2, 3, [...NEW, ...RESTRICTED]],
  ["TLS13-1-2-2021-06", 2, 3, [...NEW, ...FORWARD]],
  ["TLS13-1-2-Ext1-2021-06", 2, 3, [...NEW, ...RSA]],
  ["TLS13-1-2-Ext2-2021-06", 2, 3, [...NEW, ...ALL]],
  ["TLS13-1-1-2021-06", 1, 3, [...NEW, ...ALL]],
  ["TLS13-1-0-2021-06", 0, 3, [...NEW, ...ALL]],
  ["TLS13-1-3-FIPS-2023-04", 3, 3, ["tls13"]],
  ["TLS13-1-2-Res-FIPS-2023-04", 2, 3, ["tls13", ...RESTRICTED]],
  ["TLS13-1-2-FIPS-2023-04", 2, 3, ["tls13", ...FORWARD]],
  ["TLS13-1-2-Ext0-FIPS-2023-04", 2, 3, ["tls13", ...FORWARD_OLD]],
  ["TLS13-1-2-Ext1-FIPS-2023-04", 2, 3, ["tls13", ...RSA]],
  ["TLS13-1-2-Ext2-FIPS-2023-04", 2, 3, ["tls13", ...ALL]],
  ["TLS13-1-1-FIPS-2023-04", 1, 3, ["tls13", ...ALL]],
  ["TLS13-1-0-FIPS-2023-04", 0, 3, ["tls13", ...ALL]],
  ["TLS13-1-3-PQ-2025-09", 3, 3, NEW],
  ["TLS13-1-2-Res-PQ-2025-09", 2, 3, [...NEW, ...RESTRICTED]],
  ["TLS13-1-2-PQ-2025-09", 2, 3, [...NEW, ...FORWARD]],
  ["TLS13-1-2-Ext1-PQ-2025-09", 2, 3, [...NEW, ...RSA]],
  ["TLS13-1-2-Ext2-PQ-2025-09", 2, 3, [...NEW, ...ALL]],
  ["TLS13-1-0-PQ-2025-09", 0, 3, [...NEW, ...ALL]],
  ["TLS13-1-3-FIPS-PQ-2025-09", 3, 3, ["tls13"]],
  ["TLS13-1-2-Res-FIPS-PQ-2025-09", 2, 3, ["tls13", ...RESTRICTED]],
  ["TLS13-1-2-FIPS-PQ-2025-09", 2, 3, ["tls13", ...FORWARD]],
  ["TLS13-1-2-Ext0-FIPS-PQ-2025-09", 2, 3, ["tls13", ...FORWARD_OLD]],
  ["TLS13-1-2-Ext1-FIPS-PQ-2025-09", 2, 3, ["tls13", ...RSA]],
  ["TLS13-1-2-Ext2-FIPS-PQ-2025-09", 2, 3, ["tls13", ...ALL]],
  ["TLS13-1-0-FIPS-PQ-2025-09", 0, 3, ["tls13", ...ALL]],
];

const VERSIONS: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

export const SSL_POLICIES: readonly SslPolicy[] = POLICIES.map(([name, oldest, newest, kinds]) => ({
  name: `ELBSecurityPolicy-${name}`,
  protocols: VERSIONS.slice(oldest, newest + 1),
  ciphers: CIPHERS.filter(([, kind]) => kinds.includes(kind)).map(([cipher]) => cipher),
  fips: name.includes("-FIPS-"),
}));

const BY_NAME = new Map(SSL_POLICIES.map((policy) => [policy.name, policy]));

export function sslPolicy(name: string): SslPolicy | undefined {
  return BY_NAME.get(name);
}

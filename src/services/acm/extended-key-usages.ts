import type { ExtendedKeyUsageName } from "@aws-sdk/client-acm";

/** Source: ACM API Reference, `ExtendedKeyUsage`; RFC 5280, 4.2.1.12. */
const NAMES: Readonly<Record<string, ExtendedKeyUsageName>> = {
  "2.5.29.37.0": "ANY",
  "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
  "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
  "1.3.6.1.5.5.7.3.5": "IPSEC_END_SYSTEM",
  "1.3.6.1.5.5.7.3.6": "IPSEC_TUNNEL",
  "1.3.6.1.5.5.7.3.7": "IPSEC_USER",
  "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
  "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
};

export function extendedKeyUsageName(oid: string): ExtendedKeyUsageName {
  return NAMES[oid] ?? "CUSTOM";
}

/** The types of record sets that Route 53 has. Source: Route 53 API Reference, `RRType`. */
export const RECORD_TYPES = [
  "SOA",
  "A",
  "TXT",
  "NS",
  "CNAME",
  "MX",
  "NAPTR",
  "PTR",
  "SRV",
  "SPF",
  "AAAA",
  "CAA",
  "DS",
  "TLSA",
  "SSHFP",
  "SVCB",
  "HTTPS",
] as const;

export type RecordType = (typeof RECORD_TYPES)[number];

/** What a certificate says, in ACM's words, where it has words. */
export interface CertificateFacts {
  /** The common name, or the first alternative name where it has none; absent where it names no host. */
  readonly domainName?: string;
  /** The DNS names that it is for; the common name where there are no alternative names. */
  readonly names: readonly string[];
  /** Such as `RSA_2048` and `EC_prime256v1`; of a key that ACM does not take, a name that it does not have. */
  readonly keyAlgorithm: string;
  /** Such as `SHA256WITHRSA`. */
  readonly signatureAlgorithm: string;
  /** Pairs of hexadecimal digits in lower case, with colons between. */
  readonly serial: string;
  readonly subject: string;
  /** The issuer's organisation, or its common name where it has none. */
  readonly issuer: string;
  /** Such as `DIGITAL_SIGNATURE`; `undefined` where the certificate does not restrict it. */
  readonly keyUsages?: readonly string[];
  /** Object identifiers; `undefined` where the certificate does not restrict it. */
  readonly extendedKeyUsages?: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const CURVES: Readonly<Record<string, string>> = { "P-256": "EC_prime256v1", "P-384": "EC_secp384r1", "P-521": "EC_secp521r1" };

/** By the bit of RFC 5280, 4.2.1.3. */
const KEY_USAGES = [
  "DIGITAL_SIGNATURE",
  "NON_REPUDIATION",
  "KEY_ENCIPHERMENT",
  "DATA_ENCIPHERMENT",
  "KEY_AGREEMENT",
  "CERTIFICATE_SIGNING",
  "CRL_SIGNING",
  "ENCIPHER_ONLY",
  "DECIPHER_ONLY",
] as const;

/** @throws Error where the text is no certificate */
export async function readCertificate(pem: string): Promise<CertificateFacts> {
  // Takes a tenth of a second to load, and most installations never read a certificate.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const certificate = new x509.X509Certificate(pem);
  const commonName = certificate.subjectName.getField("CN")[0];
  const alternative = (certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [])
    .filter(({ type }) => type === "dns")
    .map(({ value }) => value);
  const names = alternative.length > 0 || commonName === undefined ? alternative : [commonName];
  const usages = certificate.getExtension(x509.KeyUsagesExtension)?.usages;
  const extended = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
  const domainName = commonName ?? names[0];
  return {
    ...(domainName === undefined ? {} : { domainName }),
    names,
    keyAlgorithm: keyAlgorithm(certificate.publicKey.algorithm),
    signatureAlgorithm: signatureAlgorithm(certificate.signatureAlgorithm),
    serial: (certificate.serialNumber.match(/../g) ?? []).join(":").toLowerCase(),
    subject: certificate.subject,
    issuer: certificate.issuerName.getField("O")[0] ?? certificate.issuerName.getField("CN")[0] ?? certificate.issuer,
    ...(usages === undefined ? {} : { keyUsages: KEY_USAGES.filter((_, bit) => (usages & (1 << bit)) !== 0) }),
    ...(extended === undefined ? {} : { extendedKeyUsages: extended.map(String) }),
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  };
}

interface Algorithm {
  readonly name: string;
  readonly modulusLength?: number;
  readonly namedCurve?: string;
  readonly hash?: { readonly name: string };
}

function keyAlgorithm({ name, modulusLength, namedCurve }: Algorithm): string {
  if (namedCurve !== undefined) return CURVES[namedCurve] ?? namedCurve;
  return modulusLength === undefined ? name : `RSA_${modulusLength}`;
}

function signatureAlgorithm({ name, hash }: Partial<Algorithm>): string {
  if (name === undefined || hash === undefined) return (name ?? "UNKNOWN").toUpperCase();
  return `${hash.name.replace("-", "")}WITH${name === "ECDSA" ? "ECDSA" : "RSA"}`;
}

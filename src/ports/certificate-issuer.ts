/** A certificate that is wanted. */
export interface CertificateOrder {
  /** DNS names, also such as `*.example.com`; the first one is the certificate's common name. */
  readonly names: readonly string[];
  /** `RSA_2048`, `EC_prime256v1` or `EC_secp384r1`. */
  readonly keyAlgorithm: string;
  /** Publishes what proves that the names are ours, in the DNS that the authority sees. Disposing takes it away. */
  readonly prove: (record: ProofRecord) => Promise<AsyncDisposable>;
}

/** A TXT record that an authority looks for (RFC 8555, 8.4). */
export interface ProofRecord {
  /** Such as `_acme-challenge.example.com`. */
  readonly name: string;
  readonly value: string;
}

export interface IssuedCertificate {
  readonly certificatePem: string;
  /** The certificates above it, the nearest first. */
  readonly chainPem: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
}

/** An authority that signs certificates. An order that failed may be given again: each gets a key of its own. */
export interface CertificateIssuer {
  /** @throws IssuerRefusedError where the authority says no; anything else where it cannot be reached, or fails */
  issue(order: CertificateOrder): Promise<IssuedCertificate>;
}

/** The authority refuses the names, or could not find the proof of them: asking again soon does not help. */
export class IssuerRefusedError extends Error {
  override readonly name = "IssuerRefusedError";
}

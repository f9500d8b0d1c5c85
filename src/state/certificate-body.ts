import type { SecretBox } from "../ports/secret-box.ts";
import type { CertificateFacts } from "./certificate-facts.ts";

/** A certificate with its key, as it was imported, uploaded or issued. */
export interface CertificateBody {
  readonly certificatePem: string;
  /** The certificates that lead from it towards its root, each certifying the one before; absent of a self-signed one. */
  readonly chainPem?: string;
  /** The private key as PKCS #8 in PEM, sealed for this certificate. */
  readonly sealedKey: string;
  readonly facts: CertificateFacts;
}

/** What a server needs to speak with a certificate, all as PEM. */
export interface CertificateMaterial {
  readonly certificatePem: string;
  /** Absent of a self-signed one. */
  readonly chainPem?: string;
  /** PKCS #8, in clear. */
  readonly privateKeyPem: string;
}

/** @param binding what the key was sealed for */
export function openBody(
  secrets: SecretBox,
  { certificatePem, chainPem, sealedKey }: CertificateBody,
  binding: string,
): CertificateMaterial {
  const privateKeyPem = Buffer.from(secrets.open(sealedKey, binding)).toString();
  return { certificatePem, ...(chainPem === undefined ? {} : { chainPem }), privateKeyPem };
}

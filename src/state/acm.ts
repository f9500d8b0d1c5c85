import { scopeKey } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { CertificateFacts } from "./certificate-facts.ts";
import { listeners } from "./elb.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// Times are milliseconds since the Unix epoch.

/** A certificate with its key, as it was imported or issued. */
export interface CertificateBody {
  readonly certificatePem: string;
  /** The certificates that lead from it towards its root, each certifying the one before; absent of a self-signed one. */
  readonly chainPem?: string;
  /** The private key as PKCS #8 in PEM, sealed for this certificate. */
  readonly sealedKey: string;
  readonly facts: CertificateFacts;
}

export interface CertificateRecord {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly type: "IMPORTED";
  readonly status: "ISSUED";
  readonly body: CertificateBody;
  readonly tags: readonly { readonly Key: string; readonly Value?: string }[];
  readonly createdAt: number;
  readonly importedAt?: number;
}

export const certificates = defineTable<CertificateRecord>()("acm.certificates", (certificate) => certificate.arn, ofAccount, {
  scope: scopeKey,
});

const keyBinding = (arn: string): string => `acm:${arn}`;

/** @param privateKeyPem PKCS #8 */
export function sealCertificateKey(secrets: SecretBox, arn: string, privateKeyPem: string): string {
  return secrets.seal(Buffer.from(privateKeyPem), keyBinding(arn));
}

/** What a server needs to speak with a certificate, all as PEM. */
export interface CertificateMaterial {
  readonly certificatePem: string;
  /** Absent of a self-signed one. */
  readonly chainPem?: string;
  /** PKCS #8, in clear. */
  readonly privateKeyPem: string;
}

/** The certificate of an ARN with its key opened; `undefined` where there is none, or it was never issued. One that has expired is still served, as on AWS. */
export function certificateMaterial(
  { state, secrets }: { readonly state: State; readonly secrets: SecretBox },
  arn: string,
): CertificateMaterial | undefined {
  const body = state.table(certificates).get(arn)?.body;
  if (!body) return undefined;
  const { certificatePem, chainPem, sealedKey } = body;
  const privateKeyPem = Buffer.from(secrets.open(sealedKey, keyBinding(arn))).toString();
  return { certificatePem, ...(chainPem === undefined ? {} : { chainPem }), privateKeyPem };
}

/** The load balancers with a listener that serves the certificate, each once. */
export function certificateUsers(state: State, arn: string): readonly string[] {
  const using = state.table(listeners).by("certificate", arn);
  return [...new Set(using.map(({ loadBalancerArn }) => loadBalancerArn))];
}

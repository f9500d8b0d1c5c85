import { scopeKey } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { certificateUsers } from "./certificate-users.ts";
import { openBody, type CertificateBody, type CertificateMaterial } from "./certificate-body.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

// Times are milliseconds since the Unix epoch.

/** How a domain of a request is validated: by a CNAME that the account, and nobody else, is told. */
export interface DomainValidationRecord {
  readonly domainName: string;
  /** As the request has it; the domain itself where it has none. */
  readonly validationDomain: string;
  /** In lower case, with the dot at the end. */
  readonly recordName: string;
  readonly recordValue: string;
  readonly status: "PENDING_VALIDATION" | "SUCCESS";
}

export interface CertificateRequestRecord {
  /** Each once, in lower case; the first one is the certificate's common name. */
  readonly names: readonly string[];
  readonly keyAlgorithm: "RSA_2048" | "EC_prime256v1" | "EC_secp384r1";
  readonly idempotencyToken?: string;
  readonly validations: readonly DomainValidationRecord[];
  readonly transparency: "ENABLED" | "DISABLED";
  readonly export: "ENABLED" | "DISABLED";
}

export interface RenewalRecord {
  readonly status: "PENDING_AUTO_RENEWAL" | "PENDING_VALIDATION" | "SUCCESS" | "FAILED";
  readonly validations: readonly DomainValidationRecord[];
  readonly updatedAt: number;
}

export interface CertificateRecord {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly type: "IMPORTED" | "AMAZON_ISSUED";
  readonly status: "PENDING_VALIDATION" | "ISSUED" | "EXPIRED" | "VALIDATION_TIMED_OUT" | "FAILED";
  /** What was asked for; absent of one that was imported. */
  readonly request?: CertificateRequestRecord;
  /** Absent until it is issued. */
  readonly body?: CertificateBody;
  readonly renewal?: RenewalRecord;
  readonly tags: readonly { readonly Key: string; readonly Value?: string }[];
  readonly createdAt: number;
  readonly importedAt?: number;
  /** When what it holds was issued, which a renewal does anew. */
  readonly issuedAt?: number;
  /** When it was last exported. */
  readonly exportedAt?: number;
}

export const certificates = defineTable<CertificateRecord>()("acm.certificates", (certificate) => certificate.arn, ofAccount, {
  scope: scopeKey,
  /** The names at which somebody looks for a proof. */
  validation: ({ request }) => request?.validations.map(({ recordName }) => recordName),
  /** Those that only wait for their validation. */
  pending: ({ status, renewal }) => (status === "PENDING_VALIDATION" || renewal?.status === "PENDING_VALIDATION" ? "pending" : undefined),
});

/** What an account has set for its certificates in a region. */
export interface AcmAccountRecord {
  readonly account: string;
  readonly region: string;
  readonly daysBeforeExpiry: number;
  readonly idempotencyToken: string;
  readonly putAt: number;
}

/** For whom has set nothing. Source: ACM API Reference, `ExpiryEventsConfiguration`. */
export const USUAL_DAYS_BEFORE_EXPIRY = 45;

export const acmAccounts = defineTable<AcmAccountRecord>()("acm.accounts", scopeKey, ofAccount);

/** Whether managed renewal concerns it. Source: ACM User Guide, "Managed certificate renewal". */
export function isRenewable(state: State, certificate: CertificateRecord): boolean {
  const { arn, type, status, exportedAt, issuedAt } = certificate;
  if (type !== "AMAZON_ISSUED" || status !== "ISSUED") return false;
  return certificateUsers(state, arn).length > 0 || (exportedAt !== undefined && exportedAt >= (issuedAt ?? 0));
}

const keyBinding = (arn: string): string => `acm:${arn}`;

/** @param privateKeyPem PKCS #8 */
export function sealCertificateKey(secrets: SecretBox, arn: string, privateKeyPem: string): string {
  return secrets.seal(Buffer.from(privateKeyPem), keyBinding(arn));
}

/** The certificate of an ARN with its key opened; `undefined` where there is none, or it was never issued. One that has expired is still served, as on AWS. */
export function certificateMaterial(
  { state, secrets }: { readonly state: State; readonly secrets: SecretBox },
  arn: string,
): CertificateMaterial | undefined {
  const body = state.table(certificates).get(arn)?.body;
  if (!body) return undefined;
  return openBody(secrets, body, keyBinding(arn));
}

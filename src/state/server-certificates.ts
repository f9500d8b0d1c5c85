import type { Tag } from "@aws-sdk/client-iam";
import type { SecretBox } from "../ports/secret-box.ts";
import { openBody, type CertificateBody, type CertificateMaterial } from "./certificate-body.ts";
import { roleKey } from "./iam.ts";
import type { State } from "./state.ts";
import { defineTable, ofAccount } from "./table.ts";

/** A certificate that was uploaded to IAM: it is its account's, in no region. */
export interface ServerCertificateRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly account: string;
  readonly body: CertificateBody;
  readonly tags: readonly Tag[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

export const serverCertificates = defineTable<ServerCertificateRecord>()(
  "iam.server-certificates",
  (certificate) => roleKey(certificate.account, certificate.name),
  ofAccount,
  { account: (certificate) => certificate.account, arn: (certificate) => certificate.arn },
);

/** By its id, which stays when it is renamed. */
const keyBinding = (id: string): string => `iam:server-certificate:${id}`;

/** @param privateKeyPem PKCS #8 */
export function sealServerKey(secrets: SecretBox, id: string, privateKeyPem: string): string {
  return secrets.seal(Buffer.from(privateKeyPem), keyBinding(id));
}

export function serverCertificate(state: State, arn: string): ServerCertificateRecord | undefined {
  return state.table(serverCertificates).by("arn", arn)[0];
}

/** The certificate with its key opened. */
export function openServerCertificate(secrets: SecretBox, { id, body }: ServerCertificateRecord): CertificateMaterial {
  return openBody(secrets, body, keyBinding(id));
}

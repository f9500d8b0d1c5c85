import type { SecretBox } from "../ports/secret-box.ts";
import { certificateMaterial, certificates, type CertificateRecord } from "./acm.ts";
import type { CertificateMaterial } from "./certificate-body.ts";
import { openServerCertificate, serverCertificate, type ServerCertificateRecord } from "./server-certificates.ts";
import type { State } from "./state.ts";

/** What a listener may name: a certificate of ACM, or one that was uploaded to IAM. */
export type ServedCertificate = CertificateRecord | ServerCertificateRecord;

export function servedCertificate(state: State, arn: string): ServedCertificate | undefined {
  return state.table(certificates).get(arn) ?? serverCertificate(state, arn);
}

/** The certificate of an ARN, of either service, with its key opened; `undefined` where there is none, or it was never issued. */
export function servedMaterial(at: { readonly state: State; readonly secrets: SecretBox }, arn: string): CertificateMaterial | undefined {
  const uploaded = serverCertificate(at.state, arn);
  return uploaded ? openServerCertificate(at.secrets, uploaded) : certificateMaterial(at, arn);
}

import type { CertificateSummary, ExtendedKeyUsageName, KeyAlgorithm, KeyUsageName, RenewalEligibility } from "@aws-sdk/client-acm";
import { isRenewable, type CertificateRecord } from "../../state/acm.ts";
import { certificateUsers } from "../../state/certificate-users.ts";
import type { State } from "../../state/state.ts";
import { extendedKeyUsageName } from "./extended-key-usages.ts";

/** What a certificate is for: what was asked for, or what the imported one says. */
export function namesOf({ request, body }: CertificateRecord): { readonly domainName?: string; readonly names: readonly string[] } {
  if (!request) return body ? body.facts : { names: [] };
  const [domainName = ""] = request.names;
  return { domainName, names: request.names };
}

export function keyAlgorithmOf({ request, body }: CertificateRecord): string {
  return body?.facts.keyAlgorithm ?? request?.keyAlgorithm ?? "";
}

/** ACM answers with hyphens where its enumeration has underscores: `RSA-2048`. */
export function shownAlgorithm(certificate: CertificateRecord): KeyAlgorithm {
  return keyAlgorithmOf(certificate).replaceAll("_", "-") as KeyAlgorithm;
}

/** A certificate that does not restrict its use may be used for anything. */
export function keyUsagesOf({ body }: CertificateRecord): readonly KeyUsageName[] {
  return body ? ((body.facts.keyUsages ?? ["ANY"]) as KeyUsageName[]) : [];
}

export function extendedKeyUsagesOf({ body }: CertificateRecord): readonly { readonly Name: ExtendedKeyUsageName; readonly OID: string }[] {
  return (body?.facts.extendedKeyUsages ?? []).map((OID) => ({ Name: extendedKeyUsageName(OID), OID }));
}

export function exportOptionOf({ request }: CertificateRecord): "ENABLED" | "DISABLED" {
  return request?.export ?? "DISABLED";
}

export function keyPairOriginOf({ type }: CertificateRecord): "CUSTOMER_PROVIDED" | "AWS_MANAGED" {
  return type === "IMPORTED" ? "CUSTOMER_PROVIDED" : "AWS_MANAGED";
}

/** Whether managed renewal concerns it now. */
export function eligibilityOf(state: State, certificate: CertificateRecord): RenewalEligibility {
  return isRenewable(state, certificate) ? "ELIGIBLE" : "INELIGIBLE";
}

export function isInUse(state: State, { arn }: CertificateRecord): boolean {
  return certificateUsers(state, arn).length > 0;
}

export function lifeOf({ body }: CertificateRecord): Pick<CertificateSummary, "NotBefore" | "NotAfter"> {
  return body ? { NotBefore: new Date(body.facts.notBefore), NotAfter: new Date(body.facts.notAfter) } : {};
}

type Times = Pick<CertificateSummary, "CreatedAt" | "IssuedAt" | "ImportedAt">;

export function timesOf({ createdAt, issuedAt, importedAt }: CertificateRecord): Times {
  return {
    CreatedAt: new Date(createdAt),
    ...(issuedAt === undefined ? {} : { IssuedAt: new Date(issuedAt) }),
    ...(importedAt === undefined ? {} : { ImportedAt: new Date(importedAt) }),
  };
}

/** What lists and searches tell of what the certificate itself says. */
export function attributesShown(certificate: CertificateRecord) {
  return {
    KeyAlgorithm: shownAlgorithm(certificate),
    KeyUsages: [...keyUsagesOf(certificate)],
    ExtendedKeyUsages: extendedKeyUsagesOf(certificate).map(({ Name }) => Name),
    ...lifeOf(certificate),
  };
}

/** What lists and searches tell of what ACM knows about it. */
export function metadataShown(state: State, certificate: CertificateRecord) {
  const { type, status, exportedAt } = certificate;
  return {
    Type: type,
    Status: status,
    ...timesOf(certificate),
    InUse: isInUse(state, certificate),
    Exported: exportedAt !== undefined,
    ExportOption: exportOptionOf(certificate),
    RenewalEligibility: eligibilityOf(state, certificate),
    CertificateKeyPairOrigin: keyPairOriginOf(certificate),
  };
}

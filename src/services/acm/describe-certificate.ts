import { certificateUsers, type CertificateRecord } from "../../state/acm.ts";
import type { CertificateDetail, KeyAlgorithm, KeyUsageName } from "@aws-sdk/client-acm";
import type { CertificateFacts } from "../../state/certificate-facts.ts";
import type { State } from "../../state/state.ts";
import { onCertificate, operation, requireCertificate } from "./certificate.ts";
import { extendedKeyUsageName } from "./extended-key-usages.ts";

export const describeCertificate = operation("DescribeCertificate", {
  authorize: onCertificate("DescribeCertificate"),
  run: ({ CertificateArn }, context) => ({ Certificate: detailOf(context.state, requireCertificate(context, CertificateArn)) }),
});

function detailOf(state: State, certificate: CertificateRecord): CertificateDetail {
  const { arn, type, status, body, createdAt, importedAt } = certificate;
  return {
    CertificateArn: arn,
    Type: type,
    Status: status,
    ...factsShown(body.facts),
    CreatedAt: new Date(createdAt),
    ...(importedAt === undefined ? {} : { ImportedAt: new Date(importedAt) }),
    InUseBy: [...certificateUsers(state, arn)],
    RenewalEligibility: "INELIGIBLE",
    Options: { CertificateTransparencyLoggingPreference: "DISABLED", Export: "DISABLED" },
    CertificateKeyPairOrigin: "CUSTOMER_PROVIDED",
  };
}

function factsShown(facts: CertificateFacts): CertificateDetail {
  const { domainName, names, serial, subject, issuer, keyUsages = ["ANY"], extendedKeyUsages } = facts;
  return {
    ...(domainName === undefined ? {} : { DomainName: domainName }),
    SubjectAlternativeNames: [...names],
    Serial: serial,
    Subject: subject,
    Issuer: issuer,
    KeyAlgorithm: shownAlgorithm(facts.keyAlgorithm),
    SignatureAlgorithm: facts.signatureAlgorithm,
    KeyUsages: keyUsages.map((usage) => ({ Name: usage as KeyUsageName })),
    ExtendedKeyUsages: (extendedKeyUsages ?? []).map((oid) => ({ Name: extendedKeyUsageName(oid), OID: oid })),
    NotBefore: new Date(facts.notBefore),
    NotAfter: new Date(facts.notAfter),
  };
}

/** ACM answers with hyphens where its enumeration has underscores: `RSA-2048`. */
export function shownAlgorithm(algorithm: string): KeyAlgorithm {
  return algorithm.replaceAll("_", "-") as KeyAlgorithm;
}

import type { CertificateDetail, DomainValidation } from "@aws-sdk/client-acm";
import type { CertificateRecord, DomainValidationRecord } from "../../state/acm.ts";
import { certificateUsers } from "../../state/certificate-users.ts";
import type { State } from "../../state/state.ts";
import { onCertificate, operation, requireCertificate } from "./certificate.ts";
import {
  eligibilityOf,
  exportOptionOf,
  extendedKeyUsagesOf,
  keyPairOriginOf,
  keyUsagesOf,
  lifeOf,
  namesOf,
  shownAlgorithm,
  timesOf,
} from "./shown.ts";

export const describeCertificate = operation("DescribeCertificate", {
  authorize: onCertificate("DescribeCertificate"),
  run: ({ CertificateArn }, context) => ({ Certificate: detailOf(context.state, requireCertificate(context, CertificateArn)) }),
});

function detailOf(state: State, certificate: CertificateRecord): CertificateDetail {
  const { arn, type, status, body, request, renewal } = certificate;
  const { domainName, names } = namesOf(certificate);
  return {
    CertificateArn: arn,
    Type: type,
    Status: status,
    ...(domainName === undefined ? {} : { DomainName: domainName }),
    SubjectAlternativeNames: [...names],
    ...(request ? { DomainValidationOptions: request.validations.map(validationShown) } : {}),
    ...(body
      ? {
          Serial: body.facts.serial,
          Subject: body.facts.subject,
          Issuer: body.facts.issuer,
          SignatureAlgorithm: body.facts.signatureAlgorithm,
        }
      : {}),
    KeyAlgorithm: shownAlgorithm(certificate),
    KeyUsages: keyUsagesOf(certificate).map((Name) => ({ Name })),
    ExtendedKeyUsages: [...extendedKeyUsagesOf(certificate)],
    ...lifeOf(certificate),
    ...timesOf(certificate),
    InUseBy: [...certificateUsers(state, arn)],
    RenewalEligibility: eligibilityOf(state, certificate),
    ...(renewal
      ? {
          RenewalSummary: {
            RenewalStatus: renewal.status,
            DomainValidationOptions: renewal.validations.map(validationShown),
            UpdatedAt: new Date(renewal.updatedAt),
          },
        }
      : {}),
    Options: {
      CertificateTransparencyLoggingPreference: request?.transparency ?? "DISABLED",
      Export: exportOptionOf(certificate),
    },
    CertificateKeyPairOrigin: keyPairOriginOf(certificate),
  };
}

export function validationShown({
  domainName,
  validationDomain,
  recordName,
  recordValue,
  status,
}: DomainValidationRecord): DomainValidation {
  return {
    DomainName: domainName,
    ValidationDomain: validationDomain,
    ValidationStatus: status,
    ResourceRecord: { Name: recordName, Type: "CNAME", Value: recordValue },
    ValidationMethod: "DNS",
  };
}

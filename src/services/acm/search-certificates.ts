import type { CertificateSearchResult, SearchCertificatesSortBy } from "@aws-sdk/client-acm";
import type { CertificateRecord } from "../../state/acm.ts";
import type { State } from "../../state/state.ts";
import { operation, ownCertificates } from "./certificate.ts";
import { pageOf } from "./page.ts";
import { matchesStatement } from "./search-filters.ts";
import {
  attributesShown,
  eligibilityOf,
  exportOptionOf,
  isInUse,
  keyAlgorithmOf,
  keyPairOriginOf,
  metadataShown,
  namesOf,
} from "./shown.ts";

const USUAL_PAGE = 100;

export const searchCertificates = operation("SearchCertificates", {
  authorize: () => ({ action: "acm:SearchCertificates", resource: "*" }),
  run({ FilterStatement, SortBy = "CREATED_AT", SortOrder = "DESCENDING", MaxResults = USUAL_PAGE, NextToken }, context) {
    const { state } = context;
    const found = ownCertificates(context).filter(
      (certificate) => FilterStatement === undefined || matchesStatement(state, certificate, FilterStatement),
    );
    // Of equal ones, by ARN. What a certificate does not have comes first.
    const sortKey = (certificate: CertificateRecord): string => `${valueOf(state, certificate, SortBy)} ${certificate.arn}`;
    const request = { token: NextToken, limit: MaxResults, descending: SortOrder === "DESCENDING" };
    const { items, ...more } = pageOf(found, sortKey, request, context);
    return { Results: items.map((certificate) => resultOf(state, certificate)), ...more };
  },
});

function valueOf(state: State, certificate: CertificateRecord, by: SearchCertificatesSortBy): string {
  const { arn, status, type, renewal, body, createdAt, issuedAt, importedAt, exportedAt, request } = certificate;
  switch (by) {
    case "CREATED_AT":
      return time(createdAt);
    case "ISSUED_AT":
      return time(issuedAt);
    case "IMPORTED_AT":
      return time(importedAt);
    case "NOT_BEFORE":
      return time(body?.facts.notBefore);
    case "NOT_AFTER":
      return time(body?.facts.notAfter);
    case "STATUS":
      return status;
    case "TYPE":
      return type;
    case "RENEWAL_STATUS":
      return renewal?.status ?? "";
    case "RENEWAL_ELIGIBILITY":
      return eligibilityOf(state, certificate);
    case "EXPORTED":
      return String(exportedAt !== undefined);
    case "EXPORT_OPTION":
      return exportOptionOf(certificate);
    case "IN_USE":
      return String(isInUse(state, certificate));
    case "KEY_ALGORITHM":
      return keyAlgorithmOf(certificate);
    case "CERTIFICATE_ARN":
      return arn;
    case "COMMON_NAME":
      return namesOf(certificate).domainName ?? "";
    case "VALIDATION_METHOD":
      return request ? "DNS" : "";
    case "CERTIFICATE_KEY_PAIR_ORIGIN":
      return keyPairOriginOf(certificate);
    default:
      // What no certificate here has: REVOKED_AT, MANAGED_BY, and what is of ACME endpoints.
      return "";
  }
}

function time(ms = 0): string {
  return String(ms).padStart(15, "0");
}

function resultOf(state: State, certificate: CertificateRecord): CertificateSearchResult {
  const { arn, renewal, body, request } = certificate;
  const { domainName, names } = namesOf(certificate);
  return {
    CertificateArn: arn,
    X509Attributes: {
      ...(domainName === undefined ? {} : { Subject: { CommonName: domainName } }),
      ...(body ? { Issuer: { Organization: body.facts.issuer }, SerialNumber: body.facts.serial } : {}),
      SubjectAlternativeNames: names.map((DnsName) => ({ DnsName })),
      ...attributesShown(certificate),
    },
    CertificateMetadata: {
      AcmCertificateMetadata: {
        ...metadataShown(state, certificate),
        ...(renewal ? { RenewalStatus: renewal.status } : {}),
        ...(request ? { ValidationMethod: "DNS" } : {}),
      },
    },
  };
}

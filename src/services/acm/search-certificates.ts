import type { CertificateSearchResult, ExtendedKeyUsageName, SearchCertificatesSortBy } from "@aws-sdk/client-acm";
import { scopeKey } from "../../domain/scope.ts";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import type { State } from "../../state/state.ts";
import { compareKeys, descendingKey, paginate } from "../pagination.ts";
import { invalid, operation } from "./certificate.ts";
import { matchesStatement } from "./search-filters.ts";
import {
  eligibilityOf,
  exportOptionOf,
  extendedKeyUsagesOf,
  isInUse,
  keyAlgorithmOf,
  keyPairOriginOf,
  keyUsagesOf,
  namesOf,
  shownAlgorithm,
  timesOf,
} from "./shown.ts";

const USUAL_PAGE = 100;

export const searchCertificates = operation("SearchCertificates", {
  authorize: () => ({ action: "acm:SearchCertificates", resource: "*" }),
  run({ FilterStatement, SortBy = "CREATED_AT", SortOrder = "DESCENDING", MaxResults = USUAL_PAGE, NextToken }, context) {
    const { state, account, region, secrets } = context;
    const found = state
      .table(certificates)
      .by("scope", scopeKey({ account, region }))
      .filter((certificate) => FilterStatement === undefined || matchesStatement(state, certificate, FilterStatement));
    const sorted = found
      .map((certificate) => ({ certificate, key: sortKey(state, certificate, SortBy, SortOrder === "DESCENDING") }))
      .toSorted((a, b) => compareKeys(a.key, b.key));
    const page = paginate(sorted, ({ key }) => key, { token: NextToken, limit: MaxResults }, secrets);
    if (!page) throw invalid("The NextToken is not valid.");
    return {
      Results: page.items.map(({ certificate }) => resultOf(state, certificate)),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
});

/** Of equal ones, by ARN. What a certificate does not have comes first. */
function sortKey(state: State, certificate: CertificateRecord, by: SearchCertificatesSortBy, descending: boolean): string {
  const key = `${valueOf(state, certificate, by)} ${certificate.arn}`;
  return descending ? descendingKey(key) : key;
}

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
  const { arn, type, status, exportedAt, renewal, body, request } = certificate;
  const { domainName, names } = namesOf(certificate);
  const { NotBefore, NotAfter, ...times } = timesOf(certificate);
  return {
    CertificateArn: arn,
    X509Attributes: {
      ...(domainName === undefined ? {} : { Subject: { CommonName: domainName } }),
      ...(body ? { Issuer: { Organization: body.facts.issuer }, SerialNumber: body.facts.serial } : {}),
      SubjectAlternativeNames: names.map((DnsName) => ({ DnsName })),
      KeyAlgorithm: shownAlgorithm(certificate),
      KeyUsages: [...keyUsagesOf(certificate)],
      ExtendedKeyUsages: extendedKeyUsagesOf(certificate).map(({ Name }): ExtendedKeyUsageName => Name),
      ...(NotBefore === undefined ? {} : { NotBefore }),
      ...(NotAfter === undefined ? {} : { NotAfter }),
    },
    CertificateMetadata: {
      AcmCertificateMetadata: {
        ...times,
        Type: type,
        Status: status,
        InUse: isInUse(state, certificate),
        Exported: exportedAt !== undefined,
        ExportOption: exportOptionOf(certificate),
        RenewalEligibility: eligibilityOf(state, certificate),
        ...(renewal ? { RenewalStatus: renewal.status } : {}),
        ...(request ? { ValidationMethod: "DNS" } : {}),
        CertificateKeyPairOrigin: keyPairOriginOf(certificate),
      },
    },
  };
}

import type { CertificateSummary, Filters } from "@aws-sdk/client-acm";
import { scopeKey } from "../../domain/scope.ts";
import { certificates, type CertificateRecord } from "../../state/acm.ts";
import type { State } from "../../state/state.ts";
import { descendingKey, paginate } from "../pagination.ts";
import { invalid, operation } from "./certificate.ts";
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

/** What is listed where a request names no key types. Source: ACM API Reference, `Filters`. */
const USUAL_KEY_TYPES: readonly string[] = ["RSA_1024", "RSA_2048"];
const MOST_NAMES_SHOWN = 100;
const USUAL_PAGE = 100;

export const listCertificates = operation("ListCertificates", {
  authorize: () => ({ action: "acm:ListCertificates", resource: "*" }),
  run(input, { state, account, region, secrets }) {
    const { CertificateStatuses, CertificateKeyPairOrigins, Includes = {}, SortBy, SortOrder, NextToken, MaxItems = USUAL_PAGE } = input;
    if ((SortBy === undefined) !== (SortOrder === undefined)) throw invalid("SortBy and SortOrder must be specified together.");
    const own = state.table(certificates).by("scope", scopeKey({ account, region }));
    const shown = own.filter(
      (certificate) =>
        (CertificateStatuses?.includes(certificate.status) ?? true) &&
        (CertificateKeyPairOrigins?.includes(keyPairOriginOf(certificate)) ?? true) &&
        passes(certificate, Includes),
    );
    const key = sortKey(SortOrder === "DESCENDING");
    const sorted = shown.map((certificate) => ({ certificate, key: key(certificate) })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const page = paginate(sorted, (item) => item.key, { token: NextToken, limit: MaxItems }, secrets);
    if (!page) throw invalid("The NextToken is not valid.");
    return {
      CertificateSummaryList: page.items.map(({ certificate }) => summaryOf(state, certificate)),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
});

/** By the time of the request; of two at one time, by id. */
function sortKey(descending: boolean): (certificate: CertificateRecord) => string {
  const key = ({ createdAt, arn }: CertificateRecord): string => `${String(createdAt).padStart(15, "0")} ${arn}`;
  return descending ? (certificate) => descendingKey(key(certificate)) : key;
}

function passes(certificate: CertificateRecord, { keyTypes, keyUsage, extendedKeyUsage, exportOption, managedBy }: Filters): boolean {
  // CloudFront, which manages certificates of its own, is not here.
  if (managedBy !== undefined) return false;
  if (exportOption !== undefined && exportOption !== exportOptionOf(certificate)) return false;
  const types: readonly string[] = keyTypes ?? USUAL_KEY_TYPES;
  if (!types.includes(keyAlgorithmOf(certificate))) return false;
  if (keyTypes === undefined && namesOf(certificate).names.length === 0) return false;
  const usages = keyUsagesOf(certificate);
  if (keyUsage && !keyUsage.some((usage) => usages.includes(usage))) return false;
  const extended = certificate.body?.facts.extendedKeyUsages ? extendedKeyUsagesOf(certificate).map(({ Name }) => Name) : ["NONE"];
  return !extendedKeyUsage || extendedKeyUsage.some((usage) => extended.includes(usage));
}

function summaryOf(state: State, certificate: CertificateRecord): CertificateSummary {
  const { arn, type, status, exportedAt } = certificate;
  const { domainName, names } = namesOf(certificate);
  return {
    CertificateArn: arn,
    ...(domainName === undefined ? {} : { DomainName: domainName }),
    SubjectAlternativeNameSummaries: names.slice(0, MOST_NAMES_SHOWN),
    HasAdditionalSubjectAlternativeNames: names.length > MOST_NAMES_SHOWN,
    Status: status,
    Type: type,
    KeyAlgorithm: shownAlgorithm(certificate),
    KeyUsages: [...keyUsagesOf(certificate)],
    ExtendedKeyUsages: extendedKeyUsagesOf(certificate).map(({ Name }) => Name),
    ExportOption: exportOptionOf(certificate),
    InUse: isInUse(state, certificate),
    Exported: exportedAt !== undefined,
    RenewalEligibility: eligibilityOf(state, certificate),
    ...timesOf(certificate),
    CertificateKeyPairOrigin: keyPairOriginOf(certificate),
  };
}

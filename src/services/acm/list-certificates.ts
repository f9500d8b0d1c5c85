import type { CertificateSummary, ExtendedKeyUsageName, Filters, KeyUsageName } from "@aws-sdk/client-acm";
import { scopeKey } from "../../domain/scope.ts";
import { certificates, certificateUsers, type CertificateRecord } from "../../state/acm.ts";
import type { State } from "../../state/state.ts";
import { descendingKey, paginate } from "../pagination.ts";
import { invalid, operation } from "./certificate.ts";
import { shownAlgorithm } from "./describe-certificate.ts";
import { extendedKeyUsageName } from "./extended-key-usages.ts";

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
        (CertificateKeyPairOrigins?.includes("CUSTOMER_PROVIDED") ?? true) &&
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

function passes(
  { body: { facts } }: CertificateRecord,
  { keyTypes, keyUsage, extendedKeyUsage, exportOption, managedBy }: Filters,
): boolean {
  // CloudFront, which manages certificates of its own, is not here; what is imported cannot be exported.
  if (managedBy !== undefined || exportOption === "ENABLED") return false;
  const types: readonly string[] = keyTypes && keyTypes.length > 0 ? keyTypes : USUAL_KEY_TYPES;
  if (!types.includes(facts.keyAlgorithm)) return false;
  if (keyTypes === undefined && facts.names.length === 0) return false;
  const usages: readonly string[] = facts.keyUsages ?? ["ANY"];
  if (keyUsage && !keyUsage.some((usage) => usages.includes(usage))) return false;
  const extended = facts.extendedKeyUsages?.map(extendedKeyUsageName) ?? ["NONE"];
  return !extendedKeyUsage || extendedKeyUsage.some((usage) => extended.includes(usage));
}

function summaryOf(state: State, { arn, type, status, body: { facts }, createdAt, importedAt }: CertificateRecord): CertificateSummary {
  const { domainName, names, keyUsages = ["ANY"], extendedKeyUsages = [] } = facts;
  return {
    CertificateArn: arn,
    ...(domainName === undefined ? {} : { DomainName: domainName }),
    SubjectAlternativeNameSummaries: names.slice(0, MOST_NAMES_SHOWN),
    HasAdditionalSubjectAlternativeNames: names.length > MOST_NAMES_SHOWN,
    Status: status,
    Type: type,
    KeyAlgorithm: shownAlgorithm(facts.keyAlgorithm),
    KeyUsages: keyUsages as KeyUsageName[],
    ExtendedKeyUsages: extendedKeyUsages.map(extendedKeyUsageName) as ExtendedKeyUsageName[],
    ExportOption: "DISABLED",
    InUse: certificateUsers(state, arn).length > 0,
    RenewalEligibility: "INELIGIBLE",
    NotBefore: new Date(facts.notBefore),
    NotAfter: new Date(facts.notAfter),
    CreatedAt: new Date(createdAt),
    ...(importedAt === undefined ? {} : { ImportedAt: new Date(importedAt) }),
    CertificateKeyPairOrigin: "CUSTOMER_PROVIDED",
  };
}

import type { CertificateSummary, Filters } from "@aws-sdk/client-acm";
import type { CertificateRecord } from "../../state/acm.ts";
import type { State } from "../../state/state.ts";
import { invalid, operation, ownCertificates } from "./certificate.ts";
import { pageOf } from "./page.ts";
import {
  attributesShown,
  exportOptionOf,
  extendedKeyUsagesOf,
  keyAlgorithmOf,
  keyPairOriginOf,
  keyUsagesOf,
  metadataShown,
  namesOf,
} from "./shown.ts";

/** What is listed where a request names no key types. Source: ACM API Reference, `Filters`. */
const USUAL_KEY_TYPES: readonly string[] = ["RSA_1024", "RSA_2048"];
const MOST_NAMES_SHOWN = 100;
const USUAL_PAGE = 100;

export const listCertificates = operation("ListCertificates", {
  authorize: () => ({ action: "acm:ListCertificates", resource: "*" }),
  run(input, context) {
    const { CertificateStatuses, CertificateKeyPairOrigins, Includes = {}, SortBy, SortOrder, NextToken, MaxItems = USUAL_PAGE } = input;
    if ((SortBy === undefined) !== (SortOrder === undefined)) throw invalid("SortBy and SortOrder must be specified together.");
    const found = ownCertificates(context).filter(
      (certificate) =>
        (CertificateStatuses?.includes(certificate.status) ?? true) &&
        (CertificateKeyPairOrigins?.includes(keyPairOriginOf(certificate)) ?? true) &&
        passes(certificate, Includes),
    );
    const request = { token: NextToken, limit: MaxItems, descending: SortOrder === "DESCENDING" };
    const { items, ...more } = pageOf(found, sortKey, request, context);
    return { CertificateSummaryList: items.map((certificate) => summaryOf(context.state, certificate)), ...more };
  },
});

/** By the time of the request; of two at one time, by id. */
function sortKey({ createdAt, arn }: CertificateRecord): string {
  return `${String(createdAt).padStart(15, "0")} ${arn}`;
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
  const { domainName, names } = namesOf(certificate);
  return {
    CertificateArn: certificate.arn,
    ...(domainName === undefined ? {} : { DomainName: domainName }),
    SubjectAlternativeNameSummaries: names.slice(0, MOST_NAMES_SHOWN),
    HasAdditionalSubjectAlternativeNames: names.length > MOST_NAMES_SHOWN,
    ...attributesShown(certificate),
    ...metadataShown(state, certificate),
  };
}

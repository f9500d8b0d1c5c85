import type {
  AcmCertificateMetadataFilter,
  CertificateFilter,
  CertificateFilterStatement,
  ComparisonOperator,
  TimestampRange,
  X509AttributeFilter,
} from "@aws-sdk/client-acm";
import type { CertificateRecord } from "../../state/acm.ts";
import type { State } from "../../state/state.ts";
import { invalid } from "./certificate.ts";
import { exportOptionOf, extendedKeyUsagesOf, isInUse, keyAlgorithmOf, keyPairOriginOf, keyUsagesOf, namesOf } from "./shown.ts";

/** How deep statements may contain statements: AWS's model does not say, and something has to. */
const DEEPEST = 5;

/** Whether a certificate is what a statement asks for. @throws ValidationException for a statement of a kind that there is not */
export function matchesStatement(state: State, certificate: CertificateRecord, statement: CertificateFilterStatement, depth = 0): boolean {
  if (depth > DEEPEST) throw invalid(`A filter statement can contain others ${DEEPEST} deep.`);
  const matches = (one: CertificateFilterStatement): boolean => matchesStatement(state, certificate, one, depth + 1);
  // Each of them is looked at, so that what is wrong with one is told whatever the others say.
  if (statement.And) return statement.And.map(matches).every(Boolean);
  if (statement.Or) return statement.Or.map(matches).some(Boolean);
  if (statement.Not) return !matches(statement.Not);
  if (statement.Filter) return matchesFilter(state, certificate, statement.Filter);
  throw invalid("A filter statement must have one of And, Or, Not, Filter.");
}

function matchesFilter(state: State, certificate: CertificateRecord, filter: CertificateFilter): boolean {
  if (filter.CertificateArn !== undefined) return filter.CertificateArn === certificate.arn;
  if (filter.X509AttributeFilter) return matchesAttribute(certificate, filter.X509AttributeFilter);
  if (filter.AcmCertificateMetadataFilter) return matchesMetadata(state, certificate, filter.AcmCertificateMetadataFilter);
  throw invalid("A filter must have one of CertificateArn, X509AttributeFilter, AcmCertificateMetadataFilter.");
}

function matchesAttribute(certificate: CertificateRecord, filter: X509AttributeFilter): boolean {
  const { domainName, names } = namesOf(certificate);
  const facts = certificate.body?.facts;
  if (filter.Subject?.CommonName) return domainName !== undefined && compares(domainName, filter.Subject.CommonName);
  const asked = filter.SubjectAlternativeName?.DnsName;
  if (asked) return names.some((name) => compares(name, asked));
  if (filter.ExtendedKeyUsage !== undefined) return extendedKeyUsagesOf(certificate).some(({ Name }) => Name === filter.ExtendedKeyUsage);
  if (filter.KeyUsage !== undefined) return keyUsagesOf(certificate).includes(filter.KeyUsage);
  if (filter.KeyAlgorithm !== undefined) return keyAlgorithmOf(certificate) === filter.KeyAlgorithm;
  if (filter.SerialNumber !== undefined) return facts?.serial === filter.SerialNumber;
  if (filter.NotAfter) return isWithin(facts?.notAfter, filter.NotAfter);
  if (filter.NotBefore) return isWithin(facts?.notBefore, filter.NotBefore);
  throw invalid("The X509AttributeFilter has no attribute.");
}

function matchesMetadata(state: State, certificate: CertificateRecord, filter: AcmCertificateMetadataFilter): boolean {
  const { status, type, renewal, exportedAt, request } = certificate;
  if (filter.Status !== undefined) return status === filter.Status;
  if (filter.RenewalStatus !== undefined) return renewal?.status === filter.RenewalStatus;
  if (filter.Type !== undefined) return type === filter.Type;
  if (filter.InUse !== undefined) return isInUse(state, certificate) === filter.InUse;
  if (filter.Exported !== undefined) return (exportedAt !== undefined) === filter.Exported;
  if (filter.ExportOption !== undefined) return exportOptionOf(certificate) === filter.ExportOption;
  if (filter.ValidationMethod !== undefined) return request !== undefined && filter.ValidationMethod === "DNS";
  if (filter.CertificateKeyPairOrigin !== undefined) return keyPairOriginOf(certificate) === filter.CertificateKeyPairOrigin;
  // Nothing here is CloudFront's, or of an ACME endpoint of ACM's.
  if (filter.ManagedBy !== undefined || filter.AcmeEndpointArn !== undefined || filter.AcmeAccountId !== undefined) return false;
  throw invalid("The AcmCertificateMetadataFilter has no member.");
}

function compares(
  name: string,
  { Value = "", ComparisonOperator: operator }: { Value: string | undefined; ComparisonOperator: ComparisonOperator | undefined },
): boolean {
  const asked = Value.toLowerCase();
  return operator === "CONTAINS" ? name.toLowerCase().includes(asked) : name.toLowerCase() === asked;
}

/** Both ends belong to it; one that is left out is open. */
function isWithin(time: number | undefined, { Start, End }: TimestampRange): boolean {
  if (time === undefined) return false;
  return (Start === undefined || time >= Start.getTime()) && (End === undefined || time <= End.getTime());
}

import type { Operation } from "../operation.ts";
import { getAccountConfiguration, putAccountConfiguration } from "./account-configuration.ts";
import { renewCertificate, resendValidationEmail, updateCertificateOptions } from "./certificate-options.ts";
import { deleteCertificate } from "./delete-certificate.ts";
import { describeCertificate } from "./describe-certificate.ts";
import { exportCertificate } from "./export-certificate.ts";
import { getCertificate } from "./get-certificate.ts";
import { importCertificate } from "./import-certificate.ts";
import { listCertificates } from "./list-certificates.ts";
import { listCertificateDomainValidations } from "./list-domain-validations.ts";
import { requestCertificate } from "./request-certificate.ts";
import { searchCertificates } from "./search-certificates.ts";
import { addTagsToCertificate, listTagsForCertificate, removeTagsFromCertificate } from "./tags.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  requestCertificate,
  importCertificate,
  describeCertificate,
  listCertificates,
  searchCertificates,
  listCertificateDomainValidations,
  getCertificate,
  exportCertificate,
  deleteCertificate,
  updateCertificateOptions,
  renewCertificate,
  resendValidationEmail,
  putAccountConfiguration,
  getAccountConfiguration,
  addTagsToCertificate,
  removeTagsFromCertificate,
  listTagsForCertificate,
];

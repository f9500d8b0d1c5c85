import type { Operation } from "../operation.ts";
import { deleteCertificate } from "./delete-certificate.ts";
import { describeCertificate } from "./describe-certificate.ts";
import { getCertificate } from "./get-certificate.ts";
import { importCertificate } from "./import-certificate.ts";
import { listCertificates } from "./list-certificates.ts";
import { addTagsToCertificate, listTagsForCertificate, removeTagsFromCertificate } from "./tags.ts";

export { constraints } from "./constraints.ts";
export { emptyValues } from "./empty-values.ts";

/** The operations of this service that work here; `docs/coverage.md` sets them beside AWS's whole list. */
export const operations: readonly Operation[] = [
  importCertificate,
  describeCertificate,
  listCertificates,
  getCertificate,
  deleteCertificate,
  addTagsToCertificate,
  removeTagsFromCertificate,
  listTagsForCertificate,
];

import type { CertificateFacts } from "../../state/certificate-facts.ts";
import { invalid } from "./certificate.ts";

/**
 * What a certificate may not lose when it is imported anew. Source: ACM User Guide, "Reimport a certificate".
 * @throws ValidationException
 */
export function checkReimport(before: CertificateFacts, after: CertificateFacts): void {
  if (after.keyAlgorithm !== before.keyAlgorithm)
    throw invalid(`The key type and size of a certificate cannot be changed: it is ${before.keyAlgorithm}, not ${after.keyAlgorithm}.`);
  if (before.names.length > 0 && after.names.length === 0) throw invalid("You cannot remove all of the domain names from a certificate.");
  const lost = [...lostValues(before.keyUsages, after.keyUsages), ...lostValues(before.extendedKeyUsages, after.extendedKeyUsages)];
  if (lost.length > 0)
    throw invalid(`You cannot remove existing values of the Key Usage and Extended Key Usage extensions: ${lost.join(", ")} missing.`);
}

/** A certificate without the extension may be used for everything: it has lost nothing. */
function lostValues(before: readonly string[] | undefined, after: readonly string[] | undefined): readonly string[] {
  return before && after ? before.filter((value) => !after.includes(value)) : [];
}

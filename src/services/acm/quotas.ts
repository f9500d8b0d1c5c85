import { LimitExceededException } from "@aws-sdk/client-acm";
import type { CertificateRecord } from "../../state/acm.ts";
import { because, type OperationContext } from "../operation.ts";
import { ownCertificates } from "./certificate.ts";

// Source: ACM User Guide, "Quotas": what an account has in a region, before it has asked for more.

const MOST_CERTIFICATES: Readonly<Record<CertificateRecord["type"], number>> = { IMPORTED: 2500, AMAZON_ISSUED: 2500 };
/** Domain names of a certificate. */
export const MOST_NAMES = 10;
export const MOST_TAGS = 50;

/** Refuses another certificate of this type. @throws LimitExceededException */
export function refuseMore(context: OperationContext, wanted: CertificateRecord["type"]): void {
  if (ownCertificates(context).filter(({ type }) => type === wanted).length < MOST_CERTIFICATES[wanted]) return;
  throw new LimitExceededException(
    because(
      "You have reached the maximum number of certificates. Delete certificates that are not in use, or contact AWS Support to request an increase.",
    ),
  );
}

import { RequestInProgressException, ResourceNotFoundException } from "@aws-sdk/client-acm";
import type { CertificateRecord } from "../../state/acm.ts";
import type { CertificateBody } from "../../state/certificate-body.ts";
import { because } from "../operation.ts";
import { onCertificate, operation, requireCertificate } from "./certificate.ts";

export const getCertificate = operation("GetCertificate", {
  authorize: onCertificate("GetCertificate"),
  run({ CertificateArn }, context) {
    const { certificatePem, chainPem } = requireIssued(requireCertificate(context, CertificateArn));
    return { Certificate: certificatePem, ...(chainPem === undefined ? {} : { CertificateChain: chainPem }) };
  },
});

/** @throws RequestInProgressException, ResourceNotFoundException */
export function requireIssued({ arn, status, body }: CertificateRecord): CertificateBody {
  if (body) return body;
  if (status === "PENDING_VALIDATION")
    throw new RequestInProgressException(because(`The certificate request is in progress: ${arn} is not issued yet.`));
  throw new ResourceNotFoundException(because(`Could not find a certificate under ${arn}: its request has the status ${status}.`));
}

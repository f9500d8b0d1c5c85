import { InvalidStateException } from "@aws-sdk/client-acm";
import { certificates, type CertificateRecord, type CertificateRequestRecord } from "../../state/acm.ts";
import { because, type OperationContext } from "../operation.ts";
import { certificatePermission, invalid, onCertificate, operation, requireCertificate } from "./certificate.ts";

export const updateCertificateOptions = operation("UpdateCertificateOptions", {
  authorize: ({ CertificateArn, Options }, at) =>
    certificatePermission("UpdateCertificateOptions", at, CertificateArn, { "acm:ValidationMethod": Options?.ValidationMethod }),
  run({ CertificateArn, Options = {} }, context) {
    const { CertificateTransparencyLoggingPreference: transparency, Export, ValidationMethod } = Options;
    const { certificate, request } = requireRequested(context, CertificateArn);
    if (certificate.status !== "ISSUED" && certificate.status !== "PENDING_VALIDATION")
      throw new InvalidStateException(because(`The options of a certificate with the status ${certificate.status} cannot be changed.`));
    if (Export !== undefined && Export !== request.export)
      throw invalid("The option Export of a certificate cannot be changed after it was requested.");
    if (ValidationMethod !== undefined && ValidationMethod !== "DNS")
      throw invalid(`The validation method ${ValidationMethod} is not offered here: all certificates are validated by DNS.`);
    if (transparency === undefined || transparency === request.transparency) return {};
    context.state.commit(() => context.state.table(certificates).put({ ...certificate, request: { ...request, transparency } }));
    return {};
  },
});

export const resendValidationEmail = operation("ResendValidationEmail", {
  authorize: onCertificate("ResendValidationEmail"),
  run({ CertificateArn }, context) {
    requireCertificate(context, CertificateArn);
    throw new InvalidStateException(
      because("The certificate is not validated by e-mail: no e-mail is sent from here. It is validated by DNS."),
    );
  },
});

export const renewCertificate = operation("RenewCertificate", {
  authorize: onCertificate("RenewCertificate"),
  run({ CertificateArn }, context) {
    const { arn } = requireCertificate(context, CertificateArn);
    throw invalid(
      `Certificate ${arn} is not a private certificate that was exported: only those are renewed on request, others when they are due.`,
    );
  },
});

/** @throws ValidationException for one that was imported */
function requireRequested(
  context: OperationContext,
  arn: string | undefined,
): { readonly certificate: CertificateRecord; readonly request: CertificateRequestRecord } {
  const certificate = requireCertificate(context, arn);
  const { request } = certificate;
  if (!request) throw invalid(`Certificate ${certificate.arn} was imported: it has no options to change.`);
  return { certificate, request };
}

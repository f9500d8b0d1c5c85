import { onCertificate, operation, requireCertificate } from "./certificate.ts";

export const getCertificate = operation("GetCertificate", {
  authorize: onCertificate("GetCertificate"),
  run({ CertificateArn }, context) {
    const { certificatePem, chainPem } = requireCertificate(context, CertificateArn).body;
    return { Certificate: certificatePem, ...(chainPem === undefined ? {} : { CertificateChain: chainPem }) };
  },
});

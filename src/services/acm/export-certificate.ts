import { createPrivateKey } from "node:crypto";
import { certificateMaterial, certificates } from "../../state/acm.ts";
import { certificatePermission, invalid, operation, requireCertificate } from "./certificate.ts";
import { requireIssued } from "./get-certificate.ts";
import { exportOptionOf, namesOf } from "./shown.ts";

export const exportCertificate = operation("ExportCertificate", {
  authorize({ CertificateArn }, at) {
    const found = at.state.table(certificates).get(CertificateArn ?? "");
    return certificatePermission("ExportCertificate", at, CertificateArn, { "acm:DomainNames": found ? namesOf(found).names : [] });
  },
  run({ CertificateArn, Passphrase }, context) {
    const { state, secrets, now } = context;
    const certificate = requireCertificate(context, CertificateArn);
    if (certificate.type === "IMPORTED" || exportOptionOf(certificate) !== "ENABLED")
      throw invalid(
        `Certificate ${certificate.arn} cannot be exported: only those can that were requested with the option Export ENABLED.`,
      );
    requireIssued(certificate);
    const passphrase = checkedPassphrase(Passphrase);
    const material = certificateMaterial({ state, secrets }, certificate.arn);
    if (!material) throw new Error(`${certificate.arn} is issued and has no material`);
    state.commit(() => state.table(certificates).put({ ...certificate, exportedAt: now }));
    const key = createPrivateKey(material.privateKeyPem);
    return {
      Certificate: material.certificatePem,
      ...(material.chainPem === undefined ? {} : { CertificateChain: material.chainPem }),
      PrivateKey: key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString(),
    };
  },
});

/** ASCII without three characters. Source: ACM API Reference, `ExportCertificate`. @throws ValidationException */
function checkedPassphrase(given: Uint8Array = new Uint8Array()): string {
  const text = Buffer.from(given).toString("latin1");
  if (given.some((byte) => byte > 0x7f) || /[#$%]/.test(text))
    throw invalid("A passphrase can have any ASCII character except #, $, or %.");
  return text;
}

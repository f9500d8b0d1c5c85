import { certificates, sealCertificateKey, type CertificateRecord } from "../../state/acm.ts";
import { checkCertificateParts } from "../certificate-parts.ts";
import { requestTagList, type OperationContext } from "../operation.ts";
import { certificatePermission, invalid, operation, requireCertificate } from "./certificate.ts";
import { importRefusal } from "./import-refusal.ts";
import { refuseMore } from "./quotas.ts";
import { checkReimport } from "./reimport.ts";
import { checkTags, tagsKept } from "./tags.ts";

/** A new certificate has its id when it is made: policies can be asked of all only. */
const ANY = "*";

export const importCertificate = operation("ImportCertificate", {
  authorize: ({ CertificateArn, Tags }, at) => certificatePermission("ImportCertificate", at, CertificateArn ?? ANY, requestTagList(Tags)),
  async run({ CertificateArn, Certificate, PrivateKey, CertificateChain, Tags }, context) {
    if (CertificateArn !== undefined && Tags !== undefined) throw invalid("Tagging is not permitted on re-import.");
    checkTags(Tags ?? []);
    if (CertificateArn !== undefined) requireImported(context, CertificateArn);
    const { secrets, state, now } = context;
    const { privateKeyPem, ...checked } = await checkCertificateParts(
      { certificate: textOf(Certificate), privateKey: textOf(PrivateKey), chain: CertificateChain && textOf(CertificateChain) },
      { now, chainNeeded: true, refusal: importRefusal },
    );
    // From here on nothing waits: what is read is what is replaced.
    const before = CertificateArn === undefined ? undefined : requireImported(context, CertificateArn);
    const arn = before?.arn ?? context.arn("acm", `certificate/${context.ids.uuid()}`);
    const body = { ...checked, sealedKey: sealCertificateKey(secrets, arn, privateKeyPem) };
    if (before) {
      if (before.body) checkReimport(before.body.facts, body.facts);
      state.commit(() => state.table(certificates).replace(before, { ...before, status: "ISSUED", body, importedAt: now }));
    } else {
      refuseMore(context, "IMPORTED");
      const { account, region } = context;
      const tags = tagsKept(Tags ?? []);
      const record: CertificateRecord = {
        arn,
        account,
        region,
        type: "IMPORTED",
        status: "ISSUED",
        body,
        tags,
        createdAt: now,
        importedAt: now,
      };
      state.commit(() => state.table(certificates).insert(record));
    }
    return { CertificateArn: arn };
  },
});

function textOf(bytes: Uint8Array = Buffer.alloc(0)): string {
  return Buffer.from(bytes).toString("latin1");
}

function requireImported(context: OperationContext, arn: string): CertificateRecord {
  const found = requireCertificate(context, arn);
  if (found.type !== "IMPORTED") throw invalid(`Certificate ${arn} is not an imported certificate: it cannot be imported anew.`);
  return found;
}

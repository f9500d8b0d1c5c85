import { ResourceInUseException } from "@aws-sdk/client-acm";
import { certificates } from "../../state/acm.ts";
import { certificateUsers } from "../../state/certificate-users.ts";
import { because } from "../operation.ts";
import { onCertificate, operation, requireCertificate } from "./certificate.ts";

export const deleteCertificate = operation("DeleteCertificate", {
  authorize: onCertificate("DeleteCertificate"),
  run({ CertificateArn }, context) {
    const { state, account } = context;
    const { arn } = requireCertificate(context, CertificateArn);
    if (certificateUsers(state, arn).length > 0)
      throw new ResourceInUseException(because(`Certificate ${arn} in account ${account} is in use.`));
    state.commit(() => state.table(certificates).delete(arn));
    return {};
  },
});

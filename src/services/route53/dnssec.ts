import { onZone, operation, requireZone } from "./route53-operation.ts";

/** No zone is signed here (decision 62), which is what Terraform and auditors ask. */
export const getDNSSEC = operation("GetDNSSEC", {
  authorize: onZone("GetDNSSEC"),
  run({ HostedZoneId }, context) {
    requireZone(context, HostedZoneId);
    return { Status: { ServeSignature: "NOT_SIGNING" }, KeySigningKeys: [] };
  },
});

import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("ec2", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": ["CreateVpcEndpoint.PolicyDocument", "ModifyVpcEndpoint.PolicyDocument"],
  "not carried out, so that no role is taken on": ["CreateFlowLogs.DeliverCrossAccountRole", "CreateNetworkInterface.Principal"],
});

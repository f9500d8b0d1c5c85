import { scopeKey } from "../../domain/scope.ts";
import { findDefaultVpc, putDefaultSecurityGroup, withoutDefaultVpc } from "../../state/default-vpc.ts";
import { vpcs } from "../../state/ec2.ts";
import { putVpcBasics } from "../../state/vpc-basics.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defaultNetworkOf, invalidValue, onNew, operation, unsupported } from "./ec2-operation.ts";
import { tagsFor } from "./security-groups.ts";
import { MOST_VPCS, readBlock, refuseOtherBlocks, refuseVpcBlock } from "./vpc-blocks.ts";
import { shownVpc } from "./vpcs.ts";

export const createVpc = operation("CreateVpc", {
  authorize: (input, at) => onNew("CreateVpc", "vpc")(input, at),
  run(input, context) {
    const { state, ids, account, region } = context;
    refuseOtherBlocks(input);
    if (input.VpcEncryptionControl) throw unsupported("The parameter VpcEncryptionControl is not supported.");
    if (input.InstanceTenancy === "host") throw invalidValue("The tenancy value host is not supported for VPCs. Use default or dedicated.");
    if (input.CidrBlock === undefined) throw new AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.");
    const cidrBlock = readBlock(input.CidrBlock);
    const tags = tagsFor("vpc", input.TagSpecifications);
    refuseVpcBlock(cidrBlock, context);
    refuseAnotherVpc(context);
    const vpc = state.commit(() => {
      const made = state.table(vpcs).insert({
        id: `vpc-${ids.hex(17)}`,
        account,
        region,
        cidrBlock,
        isDefault: false,
        tags,
        ...(input.InstanceTenancy === "dedicated" && { instanceTenancy: "dedicated" as const }),
      });
      putVpcBasics(state, ids, made);
      putDefaultSecurityGroup(state, ids, made);
      return made;
    });
    return { Vpc: shownVpc(vpc, context) };
  },
});

function refuseAnotherVpc(context: OperationContext): void {
  if (context.state.table(vpcs).count("scope", scopeKey(context)) >= MOST_VPCS)
    throw new AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
}

export const createDefaultVpc = operation("CreateDefaultVpc", {
  authorize: () => ({ action: "ec2:CreateDefaultVpc", resource: "*" }),
  run(_input, context) {
    const { state } = context;
    if (findDefaultVpc(state, context))
      throw new AwsError("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.");
    refuseAnotherVpc(context);
    const { vpc } = state.commit(() => {
      state.table(withoutDefaultVpc).delete(scopeKey(context));
      return defaultNetworkOf(context);
    });
    return { Vpc: shownVpc(vpc, context) };
  },
});

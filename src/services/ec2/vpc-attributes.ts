import type { ModifyVpcAttributeCommandInput } from "@aws-sdk/client-ec2";
import { vpcs, type VpcRecord } from "../../state/ec2.ts";
import { AwsError } from "../aws-error.ts";
import { invalidValue, onOne, operation } from "./ec2-operation.ts";
import { requireVpc } from "./vpcs.ts";

export function hasDnsSupport({ dnsSupport = true }: VpcRecord): boolean {
  return dnsSupport;
}

export function hasDnsHostnames({ dnsHostnames, isDefault }: VpcRecord): boolean {
  return dnsHostnames ?? isDefault;
}

export const describeVpcAttribute = operation("DescribeVpcAttribute", {
  authorize: ({ VpcId }, at) => onOne("DescribeVpcAttribute", "vpc", VpcId, at),
  run({ VpcId = "", Attribute }, context) {
    const vpc = requireVpc(context, VpcId);
    switch (Attribute) {
      case "enableDnsSupport":
        return { VpcId, EnableDnsSupport: { Value: hasDnsSupport(vpc) } };
      case "enableDnsHostnames":
        return { VpcId, EnableDnsHostnames: { Value: hasDnsHostnames(vpc) } };
      case "enableNetworkAddressUsageMetrics":
        return { VpcId, EnableNetworkAddressUsageMetrics: { Value: vpc.addressUsageMetrics ?? false } };
      default:
        throw invalidValue(`Value (${String(Attribute)}) for parameter attribute is invalid. Unknown attribute.`);
    }
  },
});

const ATTRIBUTES = ["EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"] as const;

function attributesIn(input: ModifyVpcAttributeCommandInput): readonly (typeof ATTRIBUTES)[number][] {
  return ATTRIBUTES.filter((name) => input[name]?.Value !== undefined);
}

export const modifyVpcAttribute = operation("ModifyVpcAttribute", {
  authorize: (input, at) => ({
    ...onOne("ModifyVpcAttribute", "vpc", input.VpcId, at),
    context: { "ec2:Attribute": attributesIn(input) },
  }),
  run(input, { state, ...context }) {
    const vpc = requireVpc({ state, ...context }, input.VpcId ?? "");
    const [name, ...others] = attributesIn(input);
    if (name === undefined) throw new AwsError("MissingParameter", "Must specify an attribute to be modified");
    // AWS takes one attribute a call.
    if (others.length > 0) throw new AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified");
    const value = input[name]?.Value ?? false;
    if (name === "EnableDnsHostnames" && value && !hasDnsSupport(vpc))
      throw new AwsError("InvalidParameterCombination", "DNS hostnames cannot be enabled while DNS support is disabled");
    const member = MEMBERS[name];
    state.commit(() => state.table(vpcs).put({ ...vpc, [member]: value }));
    return {};
  },
});

const MEMBERS = {
  EnableDnsSupport: "dnsSupport",
  EnableDnsHostnames: "dnsHostnames",
  EnableNetworkAddressUsageMetrics: "addressUsageMetrics",
} as const;

/** Back to shared hardware, which is the only change that AWS makes. */
export const modifyVpcTenancy = operation("ModifyVpcTenancy", {
  authorize: ({ VpcId }, at) => onOne("ModifyVpcTenancy", "vpc", VpcId, at),
  run({ VpcId = "", InstanceTenancy }, context) {
    const { instanceTenancy: _before, ...vpc } = requireVpc(context, VpcId);
    if (InstanceTenancy !== "default")
      throw invalidValue(`Value (${String(InstanceTenancy)}) for parameter instanceTenancy is invalid. Only default is valid.`);
    context.state.commit(() => context.state.table(vpcs).put(vpc));
    return { ReturnValue: true };
  },
});

import { scopeKey } from "../../domain/scope.ts";
import { internetGateways, type InternetGatewayRecord } from "../../state/ec2-gateways.ts";
import { hasMappedAddress } from "../../state/mapped-addresses.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { invalidValue, operation } from "./ec2-operation.ts";
import { internetGatewayNotFound, shownGateway } from "./internet-gateways.ts";
import { onNamed, onNewIn } from "./resource-permissions.ts";
import { tagsFor } from "./security-groups.ts";
import { requireVpc } from "./vpcs.ts";

/** Source: Amazon VPC User Guide, "Amazon VPC quotas": as many as VPCs, the default one's among them. */
const MOST_IN_REGION = 5;

interface NamesBoth {
  readonly InternetGatewayId?: string | undefined;
  readonly VpcId?: string | undefined;
}

const onBoth = (action: string) =>
  onNamed<NamesBoth>(action, ({ InternetGatewayId = "*", VpcId = "*" }) => [`internet-gateway/${InternetGatewayId}`, `vpc/${VpcId}`]);

function requireGateway({ state, account, region }: OperationContext, id: string): InternetGatewayRecord {
  const found = state.table(internetGateways).get(id);
  if (!found || found.account !== account || found.region !== region) throw internetGatewayNotFound(id);
  return found;
}

export const createInternetGateway = operation("CreateInternetGateway", {
  authorize: onNewIn("CreateInternetGateway", "internet-gateway"),
  run({ TagSpecifications }, context) {
    const { state, ids, account, region } = context;
    const tags = tagsFor("internet-gateway", TagSpecifications);
    const gateways = state.table(internetGateways);
    if (gateways.by("scope", scopeKey(context)).length >= MOST_IN_REGION)
      throw new AwsError("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.");
    const gateway = state.commit(() => gateways.insert({ id: `igw-${ids.hex(17)}`, account, region, tags }));
    return { InternetGateway: shownGateway(gateway) };
  },
});

export const attachInternetGateway = operation("AttachInternetGateway", {
  authorize: onBoth("AttachInternetGateway"),
  run({ InternetGatewayId = "", VpcId = "" }, context) {
    const gateway = requireGateway(context, InternetGatewayId);
    const vpc = requireVpc(context, VpcId);
    const gateways = context.state.table(internetGateways);
    if (gateway.vpcId !== undefined)
      throw new AwsError("Resource.AlreadyAssociated", `resource ${gateway.id} is already attached to network ${gateway.vpcId}`);
    if (gateways.count("vpc", vpc.id) > 0) throw invalidValue(`Network ${vpc.id} already has an internet gateway attached`);
    context.state.commit(() => gateways.replace(gateway, { ...gateway, vpcId: vpc.id }));
    return {};
  },
});

export const detachInternetGateway = operation("DetachInternetGateway", {
  authorize: onBoth("DetachInternetGateway"),
  run({ InternetGatewayId = "", VpcId = "" }, context) {
    const { vpcId, ...gateway } = requireGateway(context, InternetGatewayId);
    const vpc = requireVpc(context, VpcId);
    if (vpcId !== vpc.id) throw new AwsError("Gateway.NotAttached", `resource ${gateway.id} is not attached to network ${vpc.id}`);
    if (hasMappedAddress(context.state, vpc.id))
      throw new AwsError(
        "DependencyViolation",
        `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      );
    context.state.commit(() => context.state.table(internetGateways).put(gateway));
    return {};
  },
});

export const deleteInternetGateway = operation("DeleteInternetGateway", {
  authorize: onNamed("DeleteInternetGateway", ({ InternetGatewayId = "*" }) => [`internet-gateway/${InternetGatewayId}`]),
  run({ InternetGatewayId = "" }, context) {
    const { id, vpcId } = requireGateway(context, InternetGatewayId);
    if (vpcId !== undefined)
      throw new AwsError("DependencyViolation", `The internetGateway '${id}' has dependencies and cannot be deleted.`);
    context.state.commit(() => context.state.table(internetGateways).delete(id));
    return {};
  },
});

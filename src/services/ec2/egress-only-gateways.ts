import type { EgressOnlyInternetGateway } from "@aws-sdk/client-ec2";
import { keyInScope, scopeKey } from "../../domain/scope.ts";
import { egressOnlyInternetGateways, type EgressOnlyInternetGatewayRecord } from "../../state/ec2-gateways.ts";
import { AwsError } from "../aws-error.ts";
import { chosen, described } from "./describe.ts";
import { onAny, operation } from "./ec2-operation.ts";
import { madeBefore } from "./request-members.ts";
import { onNamed, onNewIn } from "./resource-permissions.ts";
import { tagsFor } from "./security-groups.ts";
import { requireVpc } from "./vpcs.ts";

export function egressOnlyGatewayNotFound(id: string): AwsError {
  return new AwsError("InvalidGatewayID.NotFound", `The eigw ID '${id}' does not exist`);
}

export const describeEgressOnlyInternetGateways = operation("DescribeEgressOnlyInternetGateways", {
  authorize: onAny("DescribeEgressOnlyInternetGateways"),
  run(input, context) {
    const all = context.state.table(egressOnlyInternetGateways).by("scope", scopeKey(context));
    const wanted = chosen(all, input.EgressOnlyInternetGatewayIds, ({ id }) => id, egressOnlyGatewayNotFound);
    const { items, ...more } = described(wanted, input, { id: ({ id }) => id, tags: ({ tags }) => tags, fields: {} }, context);
    return { EgressOnlyInternetGateways: items.map(shown), ...more };
  },
});

function shown({ id, vpcId, tags }: EgressOnlyInternetGatewayRecord): EgressOnlyInternetGateway {
  return { EgressOnlyInternetGatewayId: id, Attachments: [{ State: "attached", VpcId: vpcId }], Tags: [...tags] };
}

/** It is kept, and routes of IPv6 may lead to it; nothing goes through it, since nobody here has an IPv6 address. */
export const createEgressOnlyInternetGateway = operation("CreateEgressOnlyInternetGateway", {
  authorize: onNewIn("CreateEgressOnlyInternetGateway", "egress-only-internet-gateway", ({ VpcId = "*" }) => [`vpc/${VpcId}`]),
  run({ VpcId = "", TagSpecifications, ClientToken }, context) {
    const { state, ids, account, region } = context;
    const tags = tagsFor("egress-only-internet-gateway", TagSpecifications);
    const vpc = requireVpc(context, VpcId);
    const gateways = state.table(egressOnlyInternetGateways);
    const token = ClientToken === undefined ? {} : { clientToken: ClientToken };
    const made = ClientToken === undefined ? [] : gateways.by("token", keyInScope(context, ClientToken));
    const gateway =
      madeBefore(made, ({ vpcId }) => vpcId === vpc.id) ??
      state.commit(() => gateways.insert({ id: `eigw-${ids.hex(17)}`, account, region, vpcId: vpc.id, ...token, tags }));
    return { EgressOnlyInternetGateway: shown(gateway), ...(ClientToken !== undefined && { ClientToken }) };
  },
});

export const deleteEgressOnlyInternetGateway = operation("DeleteEgressOnlyInternetGateway", {
  authorize: onNamed("DeleteEgressOnlyInternetGateway", ({ EgressOnlyInternetGatewayId: id = "*" }) => [
    `egress-only-internet-gateway/${id}`,
  ]),
  run({ EgressOnlyInternetGatewayId: id = "" }, { state, account, region }) {
    const gateways = state.table(egressOnlyInternetGateways);
    const found = gateways.get(id);
    if (!found || found.account !== account || found.region !== region) throw egressOnlyGatewayNotFound(id);
    state.commit(() => gateways.delete(id));
    return { ReturnCode: true };
  },
});

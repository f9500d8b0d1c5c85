import { keyInScope } from "../../domain/scope.ts";
import { subnets, type SubnetRecord } from "../../state/ec2.ts";
import { networkAclOf, networkAcls, type NetworkAclEntry, type NetworkAclRecord } from "../../state/ec2-network-acls.ts";
import type { State } from "../../state/state.ts";
import { AwsError } from "../aws-error.ts";
import type { AuthorizeScope, OperationContext } from "../operation.ts";
import { invalidValue, operation } from "./ec2-operation.ts";
import { networkAclNotFound, shownAcl } from "./network-acls.ts";
import { entryIn, refuseNumber } from "./network-acl-entry.ts";
import { madeBefore } from "./request-members.ts";
import { onNamed, onNewIn } from "./resource-permissions.ts";
import { tagsFor } from "./security-groups.ts";
import { requireVpc } from "./vpcs.ts";

/** Source: Amazon VPC User Guide, "Amazon VPC quotas". */
const MOST_IN_VPC = 200;
/** Of each direction, of IPv4 and of IPv6 each; what denies the rest is not counted. */
const MOST_ENTRIES = 20;

const onAcl = (action: string) =>
  onNamed<{ readonly NetworkAclId?: string | undefined }>(action, ({ NetworkAclId = "*" }) => [`network-acl/${NetworkAclId}`]);

function requireAcl({ state, account, region }: OperationContext, id: string): NetworkAclRecord {
  const found = state.table(networkAcls).get(id);
  if (!found || found.account !== account || found.region !== region) throw networkAclNotFound(id);
  return found;
}

/** One that lets nothing through, until it has entries. */
export const createNetworkAcl = operation("CreateNetworkAcl", {
  authorize: onNewIn("CreateNetworkAcl", "network-acl", ({ VpcId = "*" }) => [`vpc/${VpcId}`]),
  run({ VpcId = "", TagSpecifications, ClientToken }, context) {
    const { state, ids, account, region } = context;
    const tags = tagsFor("network-acl", TagSpecifications);
    const vpcId = requireVpc(context, VpcId).id;
    const acls = state.table(networkAcls);
    const token = ClientToken === undefined ? {} : { clientToken: ClientToken };
    const made = ClientToken === undefined ? [] : acls.by("token", keyInScope(context, ClientToken));
    const acl =
      madeBefore(made, (known) => known.vpcId === vpcId) ??
      state.commit(() => {
        if (acls.count("vpc", vpcId) >= MOST_IN_VPC)
          throw new AwsError("NetworkAclLimitExceeded", "The maximum number of network ACLs has been reached.");
        const id = `acl-${ids.hex(17)}`;
        return acls.insert({ id, account, region, vpcId, isDefault: false, entries: [], associations: [], ...token, tags });
      });
    return { NetworkAcl: shownAcl(acl, context), ...(ClientToken !== undefined && { ClientToken }) };
  },
});

export const deleteNetworkAcl = operation("DeleteNetworkAcl", {
  authorize: onAcl("DeleteNetworkAcl"),
  run({ NetworkAclId = "" }, context) {
    const acl = requireAcl(context, NetworkAclId);
    if (acl.isDefault) throw invalidValue(`cannot delete default network ACL ${acl.id}`);
    if (acl.associations.length > 0)
      throw new AwsError("DependencyViolation", `The networkAcl '${acl.id}' has dependencies and cannot be deleted.`);
    context.state.commit(() => context.state.table(networkAcls).delete(acl.id));
    return {};
  },
});

export const createNetworkAclEntry = operation("CreateNetworkAclEntry", {
  authorize: onAcl("CreateNetworkAclEntry"),
  run(input, context) {
    const acl = requireAcl(context, input.NetworkAclId ?? "");
    const entry = entryIn(input);
    if (find(acl, entry))
      throw new AwsError("NetworkAclEntryAlreadyExists", `The network acl entry identified by ${entry.number} already exists.`);
    refuseTooMany(acl.entries, entry);
    change(context, acl, (entries) => [...entries, entry]);
    return {};
  },
});

export const replaceNetworkAclEntry = operation("ReplaceNetworkAclEntry", {
  authorize: onAcl("ReplaceNetworkAclEntry"),
  run(input, context) {
    const acl = requireAcl(context, input.NetworkAclId ?? "");
    const entry = entryIn(input);
    const before = find(acl, entry) ?? refuseMissing(entry.number);
    const others = acl.entries.filter((one) => one !== before);
    refuseTooMany(others, entry);
    change(context, acl, () => [...others, entry]);
    return {};
  },
});

export const deleteNetworkAclEntry = operation("DeleteNetworkAclEntry", {
  authorize: onAcl("DeleteNetworkAclEntry"),
  run({ NetworkAclId = "", RuleNumber = 0, Egress = false }, context) {
    const acl = requireAcl(context, NetworkAclId);
    const number = refuseNumber(RuleNumber);
    const entry = find(acl, { number, egress: Egress }) ?? refuseMissing(number);
    change(context, acl, (entries) => entries.filter((one) => one !== entry));
    return {};
  },
});

function find({ entries }: NetworkAclRecord, { number, egress }: Pick<NetworkAclEntry, "number" | "egress">): NetworkAclEntry | undefined {
  return entries.find((one) => one.number === number && one.egress === egress);
}

function refuseMissing(number: number): never {
  throw new AwsError("InvalidNetworkAclEntry.NotFound", `The network acl entry identified by ${number} does not exist.`);
}

function refuseTooMany(others: readonly NetworkAclEntry[], { egress, cidr }: NetworkAclEntry): void {
  const alike = others.filter((one) => one.egress === egress && one.cidr.includes(":") === cidr.includes(":"));
  if (alike.length >= MOST_ENTRIES)
    throw new AwsError("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.");
}

function change(
  { state }: OperationContext,
  acl: NetworkAclRecord,
  next: (entries: readonly NetworkAclEntry[]) => readonly NetworkAclEntry[],
): void {
  state.commit(() => state.table(networkAcls).replace(acl, { ...acl, entries: next(acl.entries) }));
}

export const replaceNetworkAclAssociation = operation("ReplaceNetworkAclAssociation", {
  authorize: onNamed("ReplaceNetworkAclAssociation", ({ AssociationId = "", NetworkAclId = "*" }, at: AuthorizeScope) => [
    `network-acl/${NetworkAclId}`,
    `subnet/${associatedSubnet(at.state, AssociationId)?.id ?? "*"}`,
  ]),
  run({ AssociationId = "", NetworkAclId = "" }, context) {
    const { state, ids, account, region } = context;
    const subnet = associatedSubnet(state, AssociationId);
    const before = subnet && networkAclOf(state, subnet);
    if (!subnet || !before || subnet.account !== account || subnet.region !== region)
      throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${AssociationId}' does not exist`);
    const after = requireAcl(context, NetworkAclId);
    if (after.vpcId !== subnet.vpcId) throw invalidValue(`network acl ${after.id} and subnet ${subnet.id} belong to different networks`);
    const association = { id: `aclassoc-${ids.hex(17)}`, subnetId: subnet.id };
    const acls = state.table(networkAcls);
    const others = ({ associations }: NetworkAclRecord) => associations.filter(({ subnetId }) => subnetId !== subnet.id);
    state.commit(() => {
      acls.update(before.id, (now) => ({ ...now, associations: others(now) }));
      acls.update(after.id, (now) => ({ ...now, associations: [...others(now), association] }));
    });
    return { NewAssociationId: association.id };
  },
});

/** The subnet that an association is of: one that somebody made, or the one that the subnet has from its beginning on. */
function associatedSubnet(state: State, id: string): SubnetRecord | undefined {
  const acls = state.table(networkAcls);
  const made = acls.by("association", id)[0]?.associations.find((one) => one.id === id)?.subnetId;
  if (made !== undefined) return state.table(subnets).get(made);
  const first = state.table(subnets).get(id.replace(/^aclassoc-/, "subnet-"));
  return first && acls.count("subnet", first.id) === 0 ? first : undefined;
}

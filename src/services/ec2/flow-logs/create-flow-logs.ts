import { isDeepStrictEqual } from "node:util";
import type { CreateFlowLogsCommandInput, UnsuccessfulItem } from "@aws-sdk/client-ec2";
import { namedRole } from "../../../authorization/named-role.ts";
import { bucketAndFolder, flowLogTestKey } from "../../../domain/flow-log-object.ts";
import { keyInScope } from "../../../domain/scope.ts";
import { flowLogs, type FlowLogRecord } from "../../../state/ec2-flow-logs.ts";
import { AwsError } from "../../aws-error.ts";
import type { AuthorizeScope, OperationContext, Permission } from "../../operation.ts";
import { operation } from "../ec2-operation.ts";
import { requireInterface } from "../interfaces/describe-network-interfaces.ts";
import { madeBefore } from "../request-members.ts";
import { onNewIn } from "../resource-permissions.ts";
import { tagsFor } from "../security-groups.ts";
import { requireSubnet } from "../subnets.ts";
import { requireVpc } from "../vpcs.ts";
import { askedFlowLog, type AskedFlowLog } from "./flow-log-input.ts";

/** Source: VPC User Guide, "Quotas": of each resource. */
const MOST_OF_ONE = 2;
/** Source: EC2 API Reference, `CreateFlowLogs`. */
const MOST_RESOURCES = 300;

const KINDS: Readonly<Record<string, string>> = { VPC: "vpc", Subnet: "subnet", NetworkInterface: "network-interface" };

const making = onNewIn("CreateFlowLogs", "vpc-flow-log", ({ ResourceType, ResourceIds = [] }: CreateFlowLogsCommandInput) => {
  const kind = ResourceType && KINDS[ResourceType];
  return kind === undefined ? [] : ResourceIds.map((id) => `${kind}/${id}`);
});

/** One for each resource. What cannot be made for one of several is told in the answer, and does not keep the others. */
export const createFlowLogs = operation("CreateFlowLogs", {
  authorize: (input, at) => [...making(input, at), ...passes(input, at)],
  async run(input, context) {
    const { state, ids: names, account, region, now } = context;
    const { ResourceIds = [], ClientToken } = input;
    const asked = askedFlowLog(input, context);
    const tags = tagsFor("vpc-flow-log", input.TagSpecifications);
    const ids = [...new Set(ResourceIds)];
    if (ids.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter ResourceIds");
    if (ids.length > MOST_RESOURCES) throw new AwsError("InvalidParameterValue", `At most ${MOST_RESOURCES} resources may be named.`);
    await seeBucket(asked, context);
    const table = state.table(flowLogs);
    const made = ClientToken === undefined ? [] : table.by("token", keyInScope(context, ClientToken));
    for (const one of made) madeBefore([one], (record) => ids.includes(record.resourceId) && isDeepStrictEqual(askedOf(record), asked));
    if (made.length > 0) return answer(made, []);
    const records: FlowLogRecord[] = [];
    const Unsuccessful: UnsuccessfulItem[] = [];
    for (const resourceId of ids)
      try {
        requireResource(asked.resourceType, resourceId, context);
        refuseAnother(asked, table.by("resource", resourceId));
        const token = ClientToken === undefined ? {} : { clientToken: ClientToken };
        records.push({ id: `fl-${names.hex(17)}`, account, region, resourceId, ...asked, ...token, tags, createdAt: now });
      } catch (cause) {
        if (!(cause instanceof AwsError) || ids.length === 1) throw cause;
        Unsuccessful.push({ ResourceId: resourceId, Error: { Code: cause.code, Message: cause.message } });
      }
    state.commit(() => {
      for (const record of records) table.insert(record);
    });
    return answer(records, Unsuccessful);

    function answer(logs: readonly FlowLogRecord[], unsuccessful: UnsuccessfulItem[]) {
      return {
        FlowLogIds: logs.map(({ id }) => id),
        Unsuccessful: unsuccessful,
        ...(ClientToken !== undefined && { ClientToken }),
      };
    }
  },
});

/** The right to hand a role to flow logs. What names no role, the operation refuses. */
function passes({ DeliverLogsPermissionArn: text }: CreateFlowLogsCommandInput, { state, account }: AuthorizeScope): readonly Permission[] {
  const named = text === undefined ? undefined : namedRole(state, account, text);
  if (named === undefined || named.kind === "invalid") return [];
  const resource = named.kind === "role" ? named.role.arn : named.arn;
  return [{ action: "iam:PassRole", resource, context: { "iam:PassedToService": "vpc-flow-logs.amazonaws.com" } }];
}

function askedOf({ resourceType, trafficType, destination, format, maxAggregationSeconds }: FlowLogRecord): AskedFlowLog {
  return { resourceType, trafficType, destination, format, maxAggregationSeconds };
}

function requireResource(type: AskedFlowLog["resourceType"], id: string, context: OperationContext): void {
  if (type === "VPC") requireVpc(context, id);
  else if (type === "Subnet") requireSubnet(context, id);
  else requireInterface(context, id);
}

function refuseAnother({ trafficType, destination }: AskedFlowLog, others: readonly FlowLogRecord[]): void {
  const place = placeOf(destination);
  if (others.some((other) => other.trafficType === trafficType && placeOf(other.destination) === place))
    throw new AwsError("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.");
  if (others.length >= MOST_OF_ONE)
    throw new AwsError("FlowLogsLimitExceeded", `The maximum number of flow logs of a resource has been reached: ${MOST_OF_ONE}.`);
}

function placeOf(destination: AskedFlowLog["destination"]): string {
  return destination.kind === "s3" ? destination.arn.replace(/\/$/, "") : `group ${destination.group}`;
}

/** AWS sees by a file of its own whether it may write. */
async function seeBucket({ destination }: AskedFlowLog, { logBuckets, account }: OperationContext): Promise<void> {
  const place = destination.kind === "s3" ? bucketAndFolder(destination.arn) : undefined;
  if (!place) return;
  const { bucket, folder } = place;
  if (!logBuckets)
    throw new AwsError(
      "InvalidParameter",
      `Access Denied for LogDestination: ${bucket}. The operator has named no buckets for logs (AIRFIELD_LOG_BUCKETS)`,
    );
  try {
    await logBuckets.write(bucket, flowLogTestKey(account, folder), Buffer.from("\n"));
  } catch (cause) {
    throw Object.assign(
      new AwsError("InvalidParameter", `Access Denied for LogDestination: ${bucket}. Please check LogDestination permission`),
      { cause },
    );
  }
}

import type { FlowLog } from "@aws-sdk/client-ec2";
import { scopeKey } from "../../../domain/scope.ts";
import { flowLogs, type FlowLogRecord } from "../../../state/ec2-flow-logs.ts";
import { AwsError } from "../../aws-error.ts";
import { chosen, described, type FilterFields } from "../describe.ts";
import { onAny, operation } from "../ec2-operation.ts";

export function flowLogsNotFound(...ids: readonly string[]): AwsError {
  return new AwsError(
    "InvalidFlowLogId.NotFound",
    `These flow log ids in the input list are not found: [TotalCount: ${ids.length}] ${ids.join(" ")}`,
  );
}

const FIELDS: FilterFields<FlowLogRecord> = {
  "flow-log-id": ({ id }) => id,
  "resource-id": ({ resourceId }) => resourceId,
  "traffic-type": ({ trafficType }) => trafficType,
  "log-destination-type": ({ destination }) => destination.kind,
  "log-group-name": ({ destination }) => groupOf(destination),
  "deliver-log-status": statusOf,
};

export const describeFlowLogs = operation("DescribeFlowLogs", {
  authorize: onAny("DescribeFlowLogs"),
  run({ FlowLogIds, Filter, MaxResults, NextToken }, context) {
    const all = context.state.table(flowLogs).by("scope", scopeKey(context));
    const wanted = chosen(all, FlowLogIds, ({ id }) => id, flowLogsNotFound);
    const request = { Filters: Filter, MaxResults, NextToken };
    const { items, ...more } = described(wanted, request, { id: ({ id }) => id, tags: ({ tags }) => tags, fields: FIELDS }, context);
    return { FlowLogs: items.map(shown), ...more };
  },
});

function shown(record: FlowLogRecord): FlowLog {
  const { destination } = record;
  return {
    FlowLogId: record.id,
    FlowLogStatus: "ACTIVE",
    CreationTime: new Date(record.createdAt),
    ResourceId: record.resourceId,
    TrafficType: record.trafficType,
    LogFormat: record.format,
    MaxAggregationInterval: record.maxAggregationSeconds,
    LogDestinationType: destination.kind,
    DeliverLogsStatus: statusOf(record),
    ...(record.failure !== undefined && { DeliverLogsErrorMessage: record.failure }),
    ...(destination.kind === "s3"
      ? {
          LogDestination: destination.arn,
          DestinationOptions: {
            FileFormat: "plain-text",
            HiveCompatiblePartitions: destination.hiveCompatible,
            PerHourPartition: destination.perHour,
          },
        }
      : {
          LogGroupName: destination.group,
          ...(destination.arn !== undefined && { LogDestination: destination.arn }),
          DeliverLogsPermissionArn: destination.roleArn,
        }),
    Tags: [...record.tags],
  };
}

function statusOf({ failure }: FlowLogRecord): "SUCCESS" | "FAILED" {
  return failure === undefined ? "SUCCESS" : "FAILED";
}

function groupOf(destination: FlowLogRecord["destination"]): string | undefined {
  return destination.kind === "s3" ? undefined : destination.group;
}

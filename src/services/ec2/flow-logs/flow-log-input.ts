import type { CreateFlowLogsCommandInput } from "@aws-sdk/client-ec2";
import { namedRole } from "../../../authorization/named-role.ts";
import { parseArn } from "../../../domain/arn.ts";
import { bucketAndFolder } from "../../../domain/flow-log-object.ts";
import { DEFAULT_FLOW_FORMAT, parseFlowFormat } from "../../../domain/flow-log-format.ts";
import type { FlowLogDestination, FlowLogRecord } from "../../../state/ec2-flow-logs.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { invalidValue, unsupported } from "../ec2-operation.ts";
import { refuseUnsupported } from "../request-members.ts";

export type AskedFlowLog = Pick<FlowLogRecord, "resourceType" | "trafficType" | "destination" | "format" | "maxAggregationSeconds">;

function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameter", message);
}

function missing(parameter: string): AwsError {
  return new AwsError("MissingParameter", `The request must contain the parameter ${parameter}`);
}

/** What a request asks to have recorded, and where. @throws what AWS says of what cannot be, and UnsupportedOperation of what is not here */
export function askedFlowLog(input: CreateFlowLogsCommandInput, context: OperationContext): AskedFlowLog {
  refuseUnsupported(input, {
    DeliverCrossAccountRole: "records are delivered within an account",
    TagFieldSpecifications: "records have no fields of tags",
  });
  return {
    resourceType: resourceTypeOf(input.ResourceType),
    trafficType: trafficTypeOf(input.TrafficType),
    destination: destinationOf(input, context),
    format: formatOf(input.LogFormat),
    maxAggregationSeconds: aggregationOf(input.MaxAggregationInterval),
  };
}

function resourceTypeOf(type: string | undefined): AskedFlowLog["resourceType"] {
  if (type === undefined) throw missing("ResourceType");
  if (type === "VPC" || type === "Subnet" || type === "NetworkInterface") return type;
  if (/^(?:TransitGateway|TransitGatewayAttachment|RegionalNatGateway)$/.test(type))
    throw unsupported(`Flow logs of the resource type ${type} are not supported here.`);
  throw invalidValue(`Value (${type}) for parameter resourceType is invalid.`);
}

function trafficTypeOf(type: string | undefined): AskedFlowLog["trafficType"] {
  if (type === undefined) throw missing("TrafficType");
  if (type === "ACCEPT" || type === "REJECT" || type === "ALL") return type;
  throw invalidValue(`Value (${type}) for parameter trafficType is invalid.`);
}

function aggregationOf(seconds = 600): 60 | 600 {
  if (seconds !== 60 && seconds !== 600) throw invalidParameter("Invalid Flow Log Max Aggregation Interval");
  return seconds;
}

function formatOf(format = DEFAULT_FLOW_FORMAT): string {
  const read = parseFlowFormat(format);
  if ("unknown" in read) throw invalidParameter(`Unknown fields provided in LogFormat: ${read.unknown.join(", ")}`);
  if (read.fields.length === 0) throw invalidParameter("LogFormat must include at least one field.");
  return format;
}

function destinationOf(input: CreateFlowLogsCommandInput, context: OperationContext): FlowLogDestination {
  const { LogDestinationType = "cloud-watch-logs", LogDestination, LogGroupName, DestinationOptions, DeliverLogsPermissionArn } = input;
  if (LogDestinationType === "kinesis-data-firehose")
    throw unsupported("The log destination type kinesis-data-firehose is not supported here: there are no delivery streams.");
  if (LogDestinationType !== "s3" && LogDestinationType !== "cloud-watch-logs")
    throw invalidValue(`Value (${String(LogDestinationType)}) for parameter logDestinationType is invalid.`);
  if (LogDestination === undefined && LogGroupName === undefined)
    throw invalidParameter("LogDestination can't be empty if LogGroupName is not provided.");
  if (LogDestinationType === "s3") {
    if (LogGroupName !== undefined) throw invalidParameter("LogDestination type must be cloud-watch-logs if LogGroupName is provided.");
    if (DeliverLogsPermissionArn !== undefined) throw invalidParameter("DeliverLogsPermissionArn is not applicable for s3 delivery");
    return bucketOf(LogDestination ?? "", DestinationOptions);
  }
  if (DestinationOptions !== undefined) throw invalidParameter("DestinationOptions are not applicable for cloud-watch-logs delivery");
  if (DeliverLogsPermissionArn === undefined)
    throw invalidParameter("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.");
  if (LogDestination !== undefined && LogGroupName !== undefined)
    throw invalidParameter("Please only provide LogGroupName or only provide LogDestination.");
  const roleArn = roleOf(DeliverLogsPermissionArn, context);
  if (LogDestination === undefined) return { kind: "cloud-watch-logs", group: validGroup(LogGroupName ?? ""), roleArn };
  const named = parseArn(LogDestination);
  const group = named?.service === "logs" ? /^log-group:([^:]+)(?::\*)?$/.exec(named.resource)?.[1] : undefined;
  if (named === undefined || group === undefined) throw invalidParameter(`LogDestination: ${LogDestination} is not a valid log group ARN.`);
  if (named.account !== context.account || named.region !== context.region)
    throw unsupported("A log group of another account or region is not supported as LogDestination here.");
  return { kind: "cloud-watch-logs", group: validGroup(group), roleArn, arn: LogDestination };
}

function validGroup(group: string): string {
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(group)) throw invalidParameter(`LogGroupName: ${group} is not a valid log group name.`);
  return group;
}

/** Whether the role is there, and trusts flow logs, is found when records are delivered, as on AWS. */
function roleOf(text: string, { state, account }: OperationContext): string {
  const named = namedRole(state, account, text);
  const arn = named.kind === "role" ? named.role.arn : named.kind === "absent" ? named.arn : undefined;
  if (arn === undefined || arn !== text) throw invalidParameter("Invalid DeliverLogsPermissionArn");
  if (parseArn(arn)?.account !== account) throw unsupported("A role of another account is not supported as DeliverLogsPermissionArn here.");
  return arn;
}

function bucketOf(
  arn: string,
  {
    FileFormat = "plain-text",
    HiveCompatiblePartitions = false,
    PerHourPartition = false,
  }: CreateFlowLogsCommandInput["DestinationOptions"] = {},
): FlowLogDestination {
  const place = bucketAndFolder(arn);
  if (!place) throw invalidParameter(`LogDestination: ${arn} is not a valid S3 bucket ARN.`);
  if (place.folder.split("/").includes("AWSLogs"))
    throw invalidParameter("LogDestination must not have AWSLogs as a folder: it is a reserved term.");
  if (FileFormat !== "plain-text") throw unsupported(`The file format ${FileFormat} is not supported here: logs are plain-text.`);
  return { kind: "s3", arn, hiveCompatible: HiveCompatiblePartitions, perHour: PerHourPartition };
}

import { type CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";

export async function hasLogGroup(logs: CloudWatchLogsClient, logGroupName: string, abortSignal?: AbortSignal): Promise<boolean> {
  const asked = new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName });
  const { logGroups = [] } = await logs.send(asked, abortSignal ? { abortSignal } : {});
  return logGroups.some((group) => group.logGroupName === logGroupName);
}

/** Makes a log group where it is not there: the execution role's own policy lets tasks write to it, and not make it. */
export async function ensureLogGroup(logs: CloudWatchLogsClient, logGroupName: string): Promise<void> {
  if (!(await hasLogGroup(logs, logGroupName))) await logs.send(new CreateLogGroupCommand({ logGroupName }));
}

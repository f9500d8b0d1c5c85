import { parseArn } from "./arn.ts";

/**
 * The name of a log's object. Source: Application Load Balancers guide, "Access log files".
 * @param prefix empty, or without slashes at its ends
 * @param endedAt ISO 8601, in UTC
 * @param unique what tells objects of one load balancer and one minute apart
 */
export function logObjectKey(loadBalancer: string, prefix: string, endedAt: string, unique: string): string {
  const { account = "", region = "", resource = "" } = parseArn(loadBalancer) ?? {};
  const id = resource.replace("loadbalancer/", "").replaceAll("/", ".");
  const minute = endedAt.slice(0, 16).replaceAll(/[-:]/g, "");
  const file = `${account}_elasticloadbalancing_${region}_${id}_${minute}Z_127.0.0.1_${unique}.log.gz`;
  return `${folderOf(prefix, account)}/elasticloadbalancing/${region}/${endedAt.slice(0, 10).replaceAll("-", "/")}/${file}`;
}

/** What AWS writes when logs are switched on, to see that it may. */
export function testObjectKey(loadBalancer: string, prefix: string): string {
  return `${folderOf(prefix, parseArn(loadBalancer)?.account ?? "")}/ELBAccessLogTestFile`;
}

function folderOf(prefix: string, account: string): string {
  return `${prefix === "" ? "" : `${prefix}/`}AWSLogs/${account}`;
}

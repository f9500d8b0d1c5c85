import { parseArn } from "./arn.ts";

/**
 * The name of a log's object. Source: Application Load Balancers guide, "Access log files".
 * @param prefix empty, or without slashes at its ends
 * @param endedAt milliseconds since the Unix epoch
 * @param unique what tells objects of one load balancer and one minute apart
 */
export function logObjectKey(loadBalancer: string, prefix: string, endedAt: number, unique: string): string {
  const { account = "", region = "", resource = "" } = parseArn(loadBalancer) ?? {};
  const time = new Date(endedAt).toISOString();
  const id = resource.replace("loadbalancer/", "").replaceAll("/", ".");
  const minute = time.slice(0, 16).replaceAll(/[-:]/g, "");
  const file = `${account}_elasticloadbalancing_${region}_${id}_${minute}Z_127.0.0.1_${unique}.log.gz`;
  return `${folderOf(prefix, account)}/elasticloadbalancing/${region}/${time.slice(0, 10).replaceAll("-", "/")}/${file}`;
}

/** What AWS writes when logs are switched on, to see that it may. */
export function testObjectKey(loadBalancer: string, prefix: string): string {
  return `${folderOf(prefix, parseArn(loadBalancer)?.account ?? "")}/ELBAccessLogTestFile`;
}

function folderOf(prefix: string, account: string): string {
  return `${prefix === "" ? "" : `${prefix}/`}AWSLogs/${account}`;
}

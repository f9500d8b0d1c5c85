import { parseArn } from "./arn.ts";

/** Logs of requests, or of a Network Load Balancer's encrypted connections; and of an Application Load Balancer's connections. */
export type LogKind = "access" | "connection";

/**
 * The name of a log's object. Source: Application Load Balancers guide, "Access log files" and "Connection log files"; Network Load Balancers guide, "Access log
 * files".
 * @param prefix empty, or without slashes at its ends
 * @param endedAt ISO 8601, in UTC
 * @param unique what tells objects of one load balancer and one minute apart
 */
export function logObjectKey(kind: LogKind, loadBalancer: string, prefix: string, endedAt: string, unique: string): string {
  const { account = "", region = "", resource = "" } = parseArn(loadBalancer) ?? {};
  const id = resource.replace("loadbalancer/", "").replaceAll("/", ".");
  const minute = endedAt.slice(0, 16).replaceAll(/[-:]/g, "");
  const node = id.startsWith("net.") ? "" : "_127.0.0.1";
  const file = `${kind === "connection" ? "conn_log." : ""}${account}_elasticloadbalancing_${region}_${id}_${minute}Z${node}_${unique}.log.gz`;
  return `${folderOf(prefix, account)}/elasticloadbalancing/${region}/${endedAt.slice(0, 10).replaceAll("-", "/")}/${file}`;
}

/** What AWS writes when logs are switched on, to see that it may. */
export function testObjectKey(kind: LogKind, loadBalancer: string, prefix: string): string {
  return `${folderOf(prefix, parseArn(loadBalancer)?.account ?? "")}/ELB${kind === "access" ? "Access" : "Connection"}LogTestFile`;
}

function folderOf(prefix: string, account: string): string {
  return `${prefix === "" ? "" : `${prefix}/`}AWSLogs/${account}`;
}

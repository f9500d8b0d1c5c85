import type { LoggedRequest } from "../../ports/request-log.ts";
import { instant, quoted } from "./log-text.ts";

/**
 * One line of an access log, without its end. Source: Application Load Balancers guide, "Access log entries", as of connection ids and transforms; what is
 * not known here is a hyphen.
 * @param targetGroupOf the ARN of a target group by its backend
 */
export function accessLogEntry(request: LoggedRequest, targetGroupOf: (backend: string) => string | undefined): string {
  const { server, backend, tls, status } = request;
  const [, , , , , resource = ""] = request.loadBalancer.split(":");
  const targetStatus = server === undefined || request.waited < 0 ? undefined : status;
  return [
    typeOf(request),
    instant(request.answeredAt),
    resource.replace("loadbalancer/", ""),
    request.client,
    server ?? "-",
    seconds(request.before),
    seconds(request.waited),
    seconds(request.after),
    elbStatus(request) ?? "-",
    targetStatus ?? "-",
    request.received,
    request.sent,
    quoted([request.method, urlOf(request), request.version].map((part) => part || "-").join(" ")),
    quoted(request.userAgent),
    tls?.cipher ?? "-",
    tls?.version ?? "-",
    (backend === undefined ? undefined : targetGroupOf(backend)) ?? "-",
    quoted(request.trace),
    quoted(tls?.serverName ?? ""),
    quoted(""),
    request.priority ?? "-",
    instant(request.answeredAt - request.took * 1000),
    quoted(request.action ?? ""),
    quoted(request.action === "redirect" ? request.location : ""),
    quoted(""),
    quoted(server ?? ""),
    quoted(targetStatus === undefined ? "" : String(targetStatus)),
    quoted(""),
    quoted(""),
    request.connection === undefined ? "-" : `TID_${request.connection.replaceAll("-", "")}`,
    quoted(""),
    quoted(""),
    quoted(""),
  ].join(" ");
}

function typeOf({ tls, version, status }: LoggedRequest): string {
  if (status === 101) return tls ? "wss" : "ws";
  if (version.startsWith("HTTP/2")) return "h2";
  return tls ? "https" : "http";
}

/** 460 where the client was gone before there was an answer: nobody was sent it. */
function elbStatus({ status, isAborted, waited }: LoggedRequest): number | undefined {
  return isAborted && waited < 0 ? 460 : status;
}

function urlOf({ target, host, tls }: LoggedRequest): string {
  if (!target.startsWith("/")) return target;
  const port = /:\d+$/.test(host) ? "" : tls ? ":443" : ":80";
  return `${tls ? "https" : "http"}://${host}${port}${target}`;
}

function seconds(milliseconds: number): string {
  return milliseconds < 0 ? "-1" : (milliseconds / 1000).toFixed(3);
}

import type { ProxyBackend } from "../../ports/traffic-proxy.ts";
import { milliseconds } from "./configuration-text.ts";
import { grpcCheckLines } from "./grpc-check.ts";
import { quote } from "./quote.ts";

/** The lines of a backend that say how its servers are checked. */
export function renderCheck(check: ProxyBackend["healthCheck"]): readonly string[] {
  if (check.kind === "none") return [];
  const lines = [
    // Written out so that a change of it changes the structure: servers that exist cannot be given other checks without a reload.
    `# checked every ${check.interval} s on ${check.port ?? "its own port"}, ${check.healthyThreshold} up, ${check.unhealthyThreshold} down${check.secure ? ", over TLS" : ""}`,
    `timeout check ${milliseconds(check.timeout)}`,
    "option log-health-checks",
    "log ring@health local0",
  ];
  if (check.kind === "tcp") return lines;
  if (check.kind === "grpc") return [...lines, ...grpcCheckLines(check)];
  return [
    ...lines,
    "option httpchk",
    `http-check send meth GET uri ${quote(check.path)} ver HTTP/1.1 hdr Host "%[srv_name,field(3,:,0)]" hdr User-Agent ELB-HealthChecker/2.0 hdr Accept-Encoding "gzip, compressed"`,
    `http-check expect status ${quote(check.matcher.replaceAll(" ", ""))}`,
  ];
}

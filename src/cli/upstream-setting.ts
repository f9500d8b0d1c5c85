import { upstreamOrigins } from "../domain/upstream-registry.ts";
import { CliError } from "./cli-error.ts";

/**
 * `AIRFIELD_PULL_THROUGH_UPSTREAMS`: registries that the pull-through cache may ask besides those that ECR knows, with commas or spaces between
 * them. Each is a host, with its port where it has one; over TLS, except where `http://` stands in front. Gives their origins.
 * @throws CliError
 */
export function pullThroughUpstreamsSetting(): readonly string[] {
  const entries = (process.env["AIRFIELD_PULL_THROUGH_UPSTREAMS"] ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  return entries.map((entry) => {
    const [origin] = upstreamOrigins(entry);
    if (origin !== undefined && URL.canParse(origin)) return new URL(origin).origin;
    throw new CliError(
      `AIRFIELD_PULL_THROUGH_UPSTREAMS: ${JSON.stringify(entry)} is no host`,
      "Name registries as in registry.example.com:5000, or http://registry.lan:5000 where there is no TLS.",
    );
  });
}

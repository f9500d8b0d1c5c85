import { claimsToBeArn, parseArn } from "../../domain/arn.ts";
import type { Scope } from "../../domain/scope.ts";

/** The kinds of things in a cluster and beside it, as their ARNs write them. */
export type IdentifierKind = "cluster" | "service" | "task" | "container-instance" | "capacity-provider";

/**
 * What a request means by an identifier: what stands behind the kind in its ARN, or the bare name as it is. Nothing is found by an ARN of
 * another kind, account or region, nor by what is nearly an ARN. The refusals are ECS's.
 */
export type Identifier = { readonly path: string } | { readonly refusal: string };

export function readIdentifier(at: Scope, kind: IdentifierKind, text: string): Identifier {
  if (!claimsToBeArn(text)) return { path: text };
  const arn = parseArn(text);
  if (arn?.service !== "ecs" || !arn.resource.startsWith(`${kind}/`)) return refused("Unexpected number of separators");
  if (arn.account !== at.account) return refused(`Identifier is for ${arn.account}. Your accountId is ${at.account}`);
  if (arn.region !== at.region) return refused(`Identifier is for ${arn.region}. Your region is ${at.region}`);
  return { path: arn.resource.slice(kind.length + 1) };
}

/**
 * What a request means by the identifier of something in a cluster. ARNs of the old form leave the cluster out.
 * @param cluster the name of the cluster that the request is about
 */
export function readIdentifierIn(at: Scope, kind: IdentifierKind, cluster: string, text: string): Identifier {
  const read = readIdentifier(at, kind, text);
  if ("refusal" in read || !claimsToBeArn(text)) return read;
  const [first = "", second, ...rest] = read.path.split("/");
  if (second === undefined) return { path: first };
  if (rest.length > 0) return refused("Unexpected number of separators");
  return first === cluster ? { path: second } : refused(`Identifier is for cluster ${first}. Your cluster is ${cluster}`);
}

function refused(why: string): { readonly refusal: string } {
  return { refusal: `Invalid identifier: ${why}` };
}

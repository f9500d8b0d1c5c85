import { createHash } from "node:crypto";
import { PARTITIONS, partitionOf } from "../domain/partition.ts";
import { DEFAULT_REGION } from "../domain/scope.ts";
import { ADMINISTRATION } from "./aws-managed-policies/administration.ts";
import { APP_RUNNER } from "./aws-managed-policies/app-runner.ts";
import type { AwsManagedPolicy } from "./aws-managed-policies/aws-managed-policy.ts";
import { CONTAINER_INFRASTRUCTURE } from "./aws-managed-policies/container-infrastructure.ts";
import { CONTAINER_REGISTRY } from "./aws-managed-policies/container-registry.ts";
import { CONTAINER_SERVICE } from "./aws-managed-policies/container-service.ts";
import { MONITORING } from "./aws-managed-policies/monitoring.ts";
import { NAMING } from "./aws-managed-policies/naming.ts";
import { NETWORKING } from "./aws-managed-policies/networking.ts";
import { SECRETS } from "./aws-managed-policies/secrets.ts";
import { SYSTEMS_MANAGER } from "./aws-managed-policies/systems-manager.ts";

/** One of AWS's policies, with what follows from its name and its document. */
export interface KnownManagedPolicy extends AwsManagedPolicy {
  readonly arn: string;
  /** Of AWS's form. AWS does not publish the real ones; these come from the ARN, so that they stay the same. */
  readonly id: string;
  /** The document as JSON. */
  readonly text: string;
}

const ALL: readonly KnownManagedPolicy[] = [
  ...ADMINISTRATION,
  ...APP_RUNNER,
  ...CONTAINER_INFRASTRUCTURE,
  ...CONTAINER_REGISTRY,
  ...CONTAINER_SERVICE,
  ...MONITORING,
  ...NAMING,
  ...NETWORKING,
  ...SECRETS,
  ...SYSTEMS_MANAGER,
].map((policy) => {
  const arn = `arn:aws:iam::aws:policy${policy.path}${policy.name}`;
  return { ...policy, arn, id: idOf(arn), text: JSON.stringify(policy.document) };
});

/** The same policies by their ARNs, a map for each partition that was asked for: ARNs, also those in the documents, are its own. */
const BY_PARTITION = new Map<string, ReadonlyMap<string, KnownManagedPolicy>>();

function policiesIn(partition: string): ReadonlyMap<string, KnownManagedPolicy> {
  const known = BY_PARTITION.get(partition);
  if (known) return known;
  const translated = (text: string): string => (partition === "aws" ? text : text.replaceAll("arn:aws:", `arn:${partition}:`));
  const policies = ALL.map((policy) => ({ ...policy, arn: translated(policy.arn), text: translated(policy.text) }));
  const made = new Map(policies.map((policy) => [policy.arn, policy]));
  BY_PARTITION.set(partition, made);
  return made;
}

/** All of AWS's policies, as the partition of a region has them. */
export function awsManagedPolicies(region = DEFAULT_REGION): readonly KnownManagedPolicy[] {
  return [...policiesIn(partitionOf(region)).values()];
}

export function awsManagedPolicy(arn: string): KnownManagedPolicy | undefined {
  const partition = PARTITIONS.find((name) => arn.startsWith(`arn:${name}:iam::aws:`));
  return partition === undefined ? undefined : policiesIn(partition).get(arn);
}

function idOf(arn: string): string {
  const digest = createHash("sha256").update(arn).digest().subarray(0, 17);
  return `ANPA${Array.from(digest, (byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("")}`;
}

import { createHash } from "node:crypto";
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

const BY_ARN: ReadonlyMap<string, KnownManagedPolicy> = new Map(ALL.map((policy) => [policy.arn, policy]));

export function awsManagedPolicies(): readonly KnownManagedPolicy[] {
  return ALL;
}

export function awsManagedPolicy(arn: string): KnownManagedPolicy | undefined {
  return BY_ARN.get(arn);
}

function idOf(arn: string): string {
  const digest = createHash("sha256").update(arn).digest().subarray(0, 17);
  return `ANPA${Array.from(digest, (byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("")}`;
}

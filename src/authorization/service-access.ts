import { decideAccess } from "../decide/iam/evaluate.ts";
import type { CompiledPolicy } from "../decide/iam/compile-policy.ts";

/** An AWS service that uses what is an account's, for a resource of that account. */
export interface ServiceCaller {
  /** Its principal, such as `ecs-tasks.amazonaws.com`. */
  readonly service: string;
  /** For whom it acts: `aws:SourceAccount` and `aws:SourceArn` of policies. */
  readonly sourceAccount: string;
  readonly sourceArn: string;
}

export interface ServiceAccess {
  readonly action: string;
  /** Its ARN. */
  readonly resource: string;
  readonly resourceAccount: string;
  readonly policy: CompiledPolicy;
  /** Condition keys beside those of all services. */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Whether a resource's own policy lets a service in; no other policy is asked about services.
 * Source: IAM User Guide, "Cross-service confused deputy prevention" for `aws:SourceAccount` and `aws:SourceArn`.
 */
export function serviceMay({ service, sourceAccount, sourceArn }: ServiceCaller, access: ServiceAccess, now: number): boolean {
  const { action, resource, resourceAccount, policy } = access;
  const context = new Map(
    Object.entries({
      "aws:sourceaccount": sourceAccount,
      "aws:sourcearn": sourceArn,
      "aws:resourceaccount": resourceAccount,
      "aws:principalisawsservice": "true",
      "aws:principalservicename": service,
      "aws:securetransport": "true",
      "aws:currenttime": new Date(now).toISOString(),
      "aws:epochtime": String(Math.floor(now / 1000)),
      ...Object.fromEntries(Object.entries(access.context ?? {}).map(([key, value]) => [key.toLowerCase(), value])),
    }),
  );
  return decideAccess({
    request: {
      principal: { kind: "service", account: "", names: [service] },
      action,
      resource,
      resourceAccount,
      context: (key) => context.get(key),
    },
    identity: [],
    resource: policy,
    resourceDecides: true,
  }).allowed;
}

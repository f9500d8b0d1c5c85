import type { Principal } from "../domain/principal.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import type { LoadedService } from "../gateway/loaded-service.ts";
import { requestScope, type Operation } from "../services/operation.ts";
import type { ApiWorld } from "./api-world.ts";

/** One action on one resource. */
export interface Asked {
  readonly action: string;
  readonly resource: string;
}

const SOMEBODY: Principal = {
  kind: "user",
  account: DEFAULT_ACCOUNT,
  arn: `arn:aws:iam::${DEFAULT_ACCOUNT}:user/somebody`,
  userId: "AIDASOMEBODY",
  userName: "somebody",
  accessKeyId: "AKIASOMEBODY",
};

/** The operations that policies decide on. */
export function governed(service: LoadedService): readonly Operation[] {
  return [...service.operations.values()].filter(({ access }) => access === undefined);
}

/** What an operation asks of policies for an input of somebody in the default account, before it runs. */
export function askedFor({ platform }: ApiWorld, operation: Operation, input: unknown): readonly Asked[] {
  const scope = requestScope({ account: DEFAULT_ACCOUNT, region: DEFAULT_REGION });
  const at = { ...scope, principal: SOMEBODY, state: platform.state.of(DEFAULT_ACCOUNT), now: platform.clock.now() };
  const permissions = [operation.authorize(input as never, at)].flat();
  const asked = permissions.flatMap(({ action, resource }) => {
    const resources = [resource].flat();
    // As the gateway asks where nothing is named.
    return (resources.length === 0 ? ["*"] : resources).map((one) => ({ action, resource: one }));
  });
  // What is asked twice, under other conditions perhaps, is allowed or refused at once by a policy without conditions.
  return [...new Map(asked.map((one) => [`${one.action} ${one.resource}`, one])).values()];
}

/** A policy that allows just these. */
export function allowing(asked: readonly Asked[]): object {
  // A policy has a statement at least; whoever signed may call this one anyway.
  const some = asked.length > 0 ? asked : [{ action: "sts:GetCallerIdentity", resource: "*" }];
  const Statement = some.map(({ action, resource }) => ({ Effect: "Allow", Action: action, Resource: resource }));
  return { Version: "2012-10-17", Statement };
}

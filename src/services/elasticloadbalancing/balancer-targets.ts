import {
  InvalidTargetException,
  ResourceInUseException,
  TooManyTargetsException,
  type TargetDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  listeners,
  loadBalancers,
  targets,
  type ListenerRecord,
  type LoadBalancerRecord,
  type TargetGroupRecord,
} from "../../state/elb.ts";
import type { State } from "../../state/state.ts";
import { because } from "../operation.ts";
import { invalid } from "./elb-operation.ts";
import { checkArn, own, type Place } from "./find.ts";

/**
 * Checks an Application Load Balancer that is to be the target of a group; it is of the account and region of the request, and in the group's VPC.
 * Source: Network Load Balancers guide, "Use an Application Load Balancer as a target".
 */
export function checkBalancerTarget(
  { Id = "", AvailabilityZone }: TargetDescription,
  port: number,
  { vpcId }: TargetGroupRecord,
  at: Place,
): void {
  checkArn(Id, "load balancer", at);
  const balancer = own(at.state.table(loadBalancers).get(Id), at);
  if (!balancer) throw new InvalidTargetException(because(`The following targets were not found and cannot be registered: '${Id}'`));
  if (balancer.type !== "application") throw invalid(`The target '${balancer.arn}' is not an Application Load Balancer`);
  if (AvailabilityZone !== undefined) throw invalid("An Availability Zone cannot be specified for target groups with target type 'alb'");
  if (balancer.vpcId !== vpcId) throw invalid(`The target '${balancer.arn}' is not in the VPC '${vpcId}' of the target group`);
  if (
    !at.state
      .table(listeners)
      .by("loadBalancer", balancer.arn)
      .some((listener) => listener.port === port)
  )
    throw invalid(
      "If the target type is ALB, the target must have at least one listener that matches the target group port or any specified port overrides",
    );
}

/** @param keys of all targets that the group would have, those that drain left out */
export function requireOneBalancer({ arn, targetType }: TargetGroupRecord, keys: ReadonlySet<string>): void {
  if (targetType === "alb" && keys.size > 1)
    throw new TooManyTargetsException(because(`You've reached the limit on the number of targets for target group '${arn}'`));
}

/** @throws ResourceInUseException where a listener's port is a target, which it has to stay for as long as it is registered */
export function requireNoTarget(state: State, { loadBalancerArn, port }: Pick<ListenerRecord, "loadBalancerArn" | "port">): void {
  if (registered(state, loadBalancerArn).some((target) => target.port === port))
    throw new ResourceInUseException(
      because(`Listener port '${port}' is in use by registered target '${loadBalancerArn}' and cannot be removed.`),
    );
}

/** @throws ResourceInUseException where a load balancer is a target */
export function requireUnregistered(state: State, { arn }: Pick<LoadBalancerRecord, "arn">): void {
  if (registered(state, arn).length > 0)
    throw new ResourceInUseException(
      because(`Load balancer '${arn}' cannot be deleted because it is currently associated with another service`),
    );
}

function registered(state: State, loadBalancerArn: string) {
  return state
    .table(targets)
    .by("loadBalancer", loadBalancerArn)
    .filter(({ drainingUntil }) => drainingUntil === undefined);
}

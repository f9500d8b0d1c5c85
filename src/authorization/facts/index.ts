import type { Arn } from "../../domain/arn.ts";
import type { Principal } from "../../domain/principal.ts";
import type { WholeState } from "../../state/state.ts";
import { acmFacts } from "./acm.ts";
import { ec2Facts } from "./ec2.ts";
import { ecrFacts } from "./ecr.ts";
import { ecsFacts } from "./ecs.ts";
import { elasticLoadBalancingFacts } from "./elasticloadbalancing.ts";
import { iamFacts } from "./iam.ts";
import { kmsFacts } from "./kms.ts";
import { logsFacts } from "./logs.ts";
import type { FactsOf, ResourceFacts } from "./resource-facts.ts";
import { secretsManagerFacts } from "./secretsmanager.ts";
import { serviceDiscoveryFacts } from "./servicediscovery.ts";
import { ssmFacts } from "./ssm.ts";

/** By the service in the resource's ARN. */
const FACTS: Readonly<Record<string, FactsOf>> = {
  acm: acmFacts,
  ec2: ec2Facts,
  ecr: ecrFacts,
  ecs: ecsFacts,
  elasticloadbalancing: elasticLoadBalancingFacts,
  iam: iamFacts,
  kms: kmsFacts,
  logs: logsFacts,
  secretsmanager: secretsManagerFacts,
  servicediscovery: serviceDiscoveryFacts,
  ssm: ssmFacts,
};

/** @param text the same ARN as it was written */
export function factsOf(
  state: WholeState,
  arn: Arn,
  text: string,
  action: string,
  now: number,
  principal: Principal,
): ResourceFacts | undefined {
  return Object.hasOwn(FACTS, arn.service) ? FACTS[arn.service]?.(state, arn, text, now, action, principal) : undefined;
}

import {
  ListenerNotFoundException,
  LoadBalancerNotFoundException,
  RuleNotFoundException,
  TargetGroupNotFoundException,
  TrustStoreNotFoundException,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { parseArn } from "../../domain/arn.ts";
import { isAccount, type Scope } from "../../domain/scope.ts";
import {
  listeners,
  loadBalancers,
  rules,
  targetGroups,
  type ListenerRecord,
  type LoadBalancerRecord,
  type RuleRecord,
  type TargetGroupRecord,
} from "../../state/elb.ts";
import { trustStores, type TrustStoreRecord } from "../../state/elb-trust-stores.ts";
import type { State } from "../../state/state.ts";
import { because } from "../operation.ts";
import { invalid } from "./elb-operation.ts";

/** Where a request looks: its account and region. */
export interface Place extends Scope {
  readonly state: State;
}

const ARN_KINDS = {
  "load balancer": /^loadbalancer\/(app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-z]{16}$/,
  "target group": /^targetgroup\/[A-Za-z0-9-]+\/[0-9a-z]{16}$/,
  listener: /^listener\/(app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-z]{16}\/[0-9a-z]{16}$/,
  "trust store": /^truststore\/[A-Za-z0-9-]+\/[0-9a-z]{16}$/,
  "listener rule": /^listener-rule\/(app|net|gwy)\/[A-Za-z0-9-]+\/[0-9a-z]{16}\/[0-9a-z]{16}\/[0-9a-z]{16}$/,
} as const;

export type ArnKind = keyof typeof ARN_KINDS;

/** What an ARN of this service in this region names; `undefined` where it is none. One of another account is of something that is not here. */
export function arnKind(text: string, { region }: Scope): ArnKind | undefined {
  const arn = parseArn(text);
  if (arn?.service !== "elasticloadbalancing" || arn.region !== region || !isAccount(arn.account)) return undefined;
  return (Object.keys(ARN_KINDS) as ArnKind[]).find((kind) => ARN_KINDS[kind].test(arn.resource));
}

export function checkArn(text: string, kind: ArnKind, at: Scope): void {
  if (arnKind(text, at) !== kind) throw invalid(`'${text}' is not a valid ${kind} ARN`);
}

/** The record, where it is the request's own account's and region's. */
export function own<R extends Scope>(found: R | undefined, { account, region }: Scope): R | undefined {
  return found?.account === account && found.region === region ? found : undefined;
}

export function findLoadBalancer(arn: string | undefined, at: Place): LoadBalancerRecord {
  checkArn(arn ?? "", "load balancer", at);
  const found = own(at.state.table(loadBalancers).get(arn ?? ""), at);
  if (!found) throw new LoadBalancerNotFoundException(because(`Load balancer '${arn}' not found`));
  return found;
}

export function findTargetGroup(arn: string | undefined, at: Place): TargetGroupRecord {
  checkArn(arn ?? "", "target group", at);
  const found = own(at.state.table(targetGroups).get(arn ?? ""), at);
  if (!found) throw new TargetGroupNotFoundException(because(`Target group '${arn}' not found`));
  return found;
}

export function findRule(arn: string | undefined, at: Place): RuleRecord {
  checkArn(arn ?? "", "listener rule", at);
  const found = own(at.state.table(rules).get(arn ?? ""), at);
  if (!found) throw new RuleNotFoundException(because(`Listener rule '${arn}' not found`));
  return found;
}

export function findTrustStore(arn: string | undefined, at: Place): TrustStoreRecord {
  checkArn(arn ?? "", "trust store", at);
  const found = own(at.state.table(trustStores).get(arn ?? ""), at);
  if (!found) throw new TrustStoreNotFoundException(because(`Trust store '${arn}' not found`));
  return found;
}

export function findListener(arn: string | undefined, at: Place): ListenerRecord {
  checkArn(arn ?? "", "listener", at);
  const found = own(at.state.table(listeners).get(arn ?? ""), at);
  if (!found) throw new ListenerNotFoundException(because(`Listener '${arn}' not found`));
  return found;
}

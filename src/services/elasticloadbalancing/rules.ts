import { createHash } from "node:crypto";
import {
  ListenerNotFoundException,
  OperationNotPermittedException,
  PriorityInUseException,
  RuleNotFoundException,
  TooManyRulesException,
  type ModifyRuleInput,
  type Rule,
  type RuleTransform,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { listeners, rules, type ListenerRecord, type RuleRecord } from "../../state/elb.ts";
import type { State } from "../../state/state.ts";
import { because, type OperationContext } from "../operation.ts";
import { checkActions } from "./actions.ts";
import { describeActions } from "./authenticate-oidc.ts";
import { checkRange, creation, invalid, operation, permission } from "./elb-operation.ts";
import { arnKind, findListener, findLoadBalancer, findRule, own, type Place } from "./find.ts";
import { requireRules } from "./network-listeners.ts";
import { pageOf } from "./page.ts";
import { QUOTAS } from "./quotas.ts";
import { checkConditions } from "./rule-conditions.ts";
import { checkTransforms } from "./rule-transforms.ts";
import { checkTags } from "./tags.ts";

export const createRule = operation("CreateRule", {
  authorize: ({ ListenerArn = "*", Tags: tags }) =>
    creation("CreateRule", { on: ListenerArn, created: `${ListenerArn.replace(":listener/", ":listener-rule/")}/*`, tags }),
  run(input, context) {
    const { state, ids, now, account, region } = context;
    const listener = findListener(input.ListenerArn, context);
    requireRules(listener);
    const priority = checkPriority(input.Priority);
    const conditions = checkConditions(input.Conditions);
    const actions = checkActions(
      input.Actions,
      findLoadBalancer(listener.loadBalancerArn, context),
      { ...listener, isRule: true },
      context,
    );
    const transforms = checkTransforms(input.Transforms ?? []);
    const tags = checkTags(input.Tags);
    if (
      state
        .table(rules)
        .by("listener", listener.arn)
        .some((rule) => rule.priority === priority)
    )
      throw inUse(priority);
    if (state.table(rules).by("loadBalancer", listener.loadBalancerArn).length >= QUOTAS["rules-per-application-load-balancer"])
      throw new TooManyRulesException(because("The maximum number of rules has been reached on the load balancer"));
    const created = state.commit(() =>
      state.table(rules).put({
        arn: `${listener.arn.replace(":listener/", ":listener-rule/")}/${ids.hex(16)}`,
        listenerArn: listener.arn,
        loadBalancerArn: listener.loadBalancerArn,
        account,
        region,
        priority,
        conditions,
        actions,
        ...(transforms.length > 0 && { transforms }),
        tags,
        createdAt: now,
      }),
    );
    return { Rules: [describe(created)] };
  },
});

/** In the order of their priorities, the default rule last. */
export const describeRules = operation("DescribeRules", {
  authorize: () => permission("DescribeRules"),
  run(input, context) {
    const { ListenerArn, RuleArns = [] } = input;
    if (ListenerArn === undefined && RuleArns.length === 0) throw invalid("You must specify either listener rule ARNs or a listener ARN");
    if (ListenerArn !== undefined && RuleArns.length > 0)
      throw invalid("Listener rule ARNs and a listener ARN cannot be specified at the same time");
    const found =
      ListenerArn === undefined ? RuleArns.map((arn) => ruleNamed(arn, context)) : rulesOf(findListener(ListenerArn, context), context);
    const { items, ...marker } = pageOf(found, orderOf, input, context);
    return { Rules: [...items], ...marker };
  },
});

export const modifyRule = operation("ModifyRule", {
  authorize: ({ RuleArn }) => permission("ModifyRule", RuleArn ?? "*"),
  run({ RuleArn, Conditions, Actions, ...input }, context) {
    const { state } = context;
    const { transforms: before, ...rule } = changeable(RuleArn, "modified", context);
    const listener = findListener(rule.listenerArn, context);
    const balancer = findLoadBalancer(rule.loadBalancerArn, context);
    const conditions = Conditions === undefined ? rule.conditions : checkConditions(Conditions);
    const actions =
      Actions === undefined ? rule.actions : checkActions(Actions, balancer, { ...listener, isRule: true, before: rule.actions }, context);
    const transforms = changedTransforms(before, input);
    const changed = { ...rule, conditions, actions, ...(transforms.length > 0 && { transforms }) };
    return { Rules: [describe(state.commit(() => state.table(rules).put(changed)))] };
  },
});

export const deleteRule = operation("DeleteRule", {
  authorize: ({ RuleArn }) => permission("DeleteRule", RuleArn ?? "*"),
  run({ RuleArn }, context) {
    const { arn } = changeable(RuleArn, "deleted", context);
    context.state.commit(() => context.state.table(rules).delete(arn));
    return {};
  },
});

/** All or none: rules may change places with each other. */
export const setRulePriorities = operation("SetRulePriorities", {
  authorize: ({ RulePriorities }) =>
    permission(
      "SetRulePriorities",
      (RulePriorities ?? []).map(({ RuleArn }) => RuleArn ?? "*"),
    ),
  run({ RulePriorities = [] }, context) {
    const { state } = context;
    if (RulePriorities.length === 0) throw invalid("At least one rule priority must be specified");
    const wanted = RulePriorities.map(({ RuleArn, Priority }) => ({
      rule: changeable(RuleArn, "modified", context),
      priority: checkPriority(Priority),
    }));
    const changed = new Set(wanted.map(({ rule }) => rule.arn));
    if (changed.size < wanted.length) throw invalid("A rule can be specified only once");
    for (const listenerArn of new Set(wanted.map(({ rule }) => rule.listenerArn))) {
      const kept = state
        .table(rules)
        .by("listener", listenerArn)
        .filter(({ arn }) => !changed.has(arn));
      const taken = new Set(kept.map(({ priority }) => priority));
      for (const { rule, priority } of wanted) {
        if (rule.listenerArn !== listenerArn) continue;
        if (taken.has(priority)) throw inUse(priority);
        taken.add(priority);
      }
    }
    const put = state.commit(() => wanted.map(({ rule, priority }) => state.table(rules).put({ ...rule, priority })));
    return { Rules: put.map(describe) };
  },
});

function changedTransforms(
  before: readonly RuleTransform[] = [],
  { Transforms, ResetTransforms = false }: Pick<ModifyRuleInput, "Transforms" | "ResetTransforms">,
): readonly RuleTransform[] {
  if (ResetTransforms && Transforms !== undefined) throw invalid("You cannot specify both Transforms and ResetTransforms");
  if (ResetTransforms) return [];
  return Transforms === undefined ? before : checkTransforms(Transforms);
}

function checkPriority(priority: number | undefined): number {
  if (priority === undefined) throw invalid("A priority must be specified");
  checkRange(priority, "priority", 1, 50_000);
  return priority;
}

function inUse(priority: number): PriorityInUseException {
  return new PriorityInUseException(because(`Priority '${priority}' is currently in use`));
}

/** The rule, where it is no default one. */
function changeable(arn: string | undefined, done: "modified" | "deleted", at: Place): RuleRecord {
  if (arn !== undefined && defaultRuleNamed(arn, at))
    throw new OperationNotPermittedException(because(`Default rule '${arn}' cannot be ${done}`));
  return findRule(arn, at);
}

function rulesOf(listener: ListenerRecord, { state }: { readonly state: State }): readonly Rule[] {
  return [...state.table(rules).by("listener", listener.arn).map(describe), defaultRule(listener)];
}

function ruleNamed(arn: string, at: OperationContext): Rule {
  if (arnKind(arn, at) !== "listener rule") throw invalid(`'${arn}' is not a valid listener rule ARN`);
  const rule = own(at.state.table(rules).get(arn), at);
  if (rule) return describe(rule);
  const listener = listenerOf(arn, at);
  if (!listener) throw new ListenerNotFoundException(because("One or more listeners not found"));
  if (defaultRuleArn(listener) !== arn) throw new RuleNotFoundException(because("One or more rules not found"));
  return defaultRule(listener);
}

function describe({ arn, priority, conditions, actions, transforms = [] }: RuleRecord): Rule {
  return {
    RuleArn: arn,
    Priority: String(priority),
    Conditions: [...conditions],
    Actions: describeActions(actions),
    IsDefault: false,
    Transforms: [...transforms],
  };
}

function defaultRule(listener: ListenerRecord): Rule {
  return {
    RuleArn: defaultRuleArn(listener),
    Priority: "default",
    Conditions: [],
    Actions: describeActions(listener.defaultActions),
    IsDefault: true,
    Transforms: [],
  };
}

/** Of a text that sorts as priorities do. */
function orderOf({ Priority = "", RuleArn = "" }: Rule): string {
  return `${Priority === "default" ? "99999" : Priority.padStart(5, "0")} ${RuleArn}`;
}

/** The default rule lives and dies with its listener, so its id follows from the listener's. */
function defaultRuleArn({ arn }: ListenerRecord): string {
  const id = createHash("sha256").update(`default rule of ${arn}`).digest("hex").slice(0, 16);
  return `${arn.replace(":listener/", ":listener-rule/")}/${id}`;
}

function listenerOf(ruleArn: string, at: Place): ListenerRecord | undefined {
  const arn = ruleArn.slice(0, ruleArn.lastIndexOf("/")).replace(":listener-rule/", ":listener/");
  return own(at.state.table(listeners).get(arn), at);
}

function defaultRuleNamed(arn: string, at: Place): boolean {
  const listener = listenerOf(arn, at);
  return listener !== undefined && defaultRuleArn(listener) === arn;
}

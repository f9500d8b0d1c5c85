import { createHash } from "node:crypto";
import { ListenerNotFoundException, RuleNotFoundException, type Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { listeners, type ListenerRecord } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { invalid, operation, permission } from "./elb-operation.ts";
import { arnKind, findListener, own, type Place } from "./find.ts";

/** A listener has its default rule only: others cannot be made yet. */
export const describeRules = operation("DescribeRules", {
  authorize: () => permission("DescribeRules"),
  run({ ListenerArn, RuleArns = [] }, context) {
    if (ListenerArn === undefined && RuleArns.length === 0) throw invalid("You must specify either listener rule ARNs or a listener ARN");
    if (ListenerArn !== undefined && RuleArns.length > 0)
      throw invalid("Listener rule ARNs and a listener ARN cannot be specified at the same time");
    const found = ListenerArn === undefined ? RuleArns.map((arn) => listenerOfRule(arn, context)) : [findListener(ListenerArn, context)];
    return { Rules: found.map(defaultRule) };
  },
});

function defaultRule(listener: ListenerRecord): Rule {
  return { RuleArn: defaultRuleArn(listener), Priority: "default", Conditions: [], Actions: [...listener.defaultActions], IsDefault: true };
}

/** The default rule lives and dies with its listener, so its id follows from the listener's. */
function defaultRuleArn({ arn }: ListenerRecord): string {
  const id = createHash("sha256").update(`default rule of ${arn}`).digest("hex").slice(0, 16);
  return `${arn.replace(":listener/", ":listener-rule/")}/${id}`;
}

function listenerOfRule(ruleArn: string, at: Place): ListenerRecord {
  if (arnKind(ruleArn, at) !== "listener rule") throw invalid(`'${ruleArn}' is not a valid listener rule ARN`);
  const arn = ruleArn.slice(0, ruleArn.lastIndexOf("/")).replace(":listener-rule/", ":listener/");
  const listener = own(at.state.table(listeners).get(arn), at);
  if (!listener) throw new ListenerNotFoundException(because("One or more listeners not found"));
  if (defaultRuleArn(listener) !== ruleArn) throw new RuleNotFoundException(because("One or more rules not found"));
  return listener;
}

import { checkRules } from "./check-rules.ts";
import type { LifecycleAction, LifecyclePolicy, LifecycleRule, LifecycleSelection } from "./policy.ts";
import { array, exactlyOne, integer, object, oneOf, string, type Complaints, type Json, type JsonObject } from "./schema.ts";

/** Source: ECR User Guide, "Amazon ECR service quotas": rules per lifecycle policy. */
export const MOST_RULES = 50;

export type ParsedLifecyclePolicy = { readonly policy: LifecyclePolicy } | { readonly refusal: string };

/** Reads and checks a policy. The refusal is what ECR says after `Lifecycle policy validation failure: `, a line for each fault. */
export function parseLifecyclePolicy(text: string): ParsedLifecyclePolicy {
  const document = readJson(text);
  if (document === undefined || document === null || typeof document !== "object" || Array.isArray(document))
    return { refusal: "Could not map policyString into LifecyclePolicy." };
  const complaints: Complaints = [];
  const rules = array(object(document, { required: ["rules"] }, complaints)?.["rules"], 1, MOST_RULES, complaints);
  for (const rule of rules) checkShape(rule, complaints);
  if (complaints.length > 0) return { refusal: complaints.join("\n") };
  const policy = {
    rules: rules.map((rule) => readRule(rule as unknown as LifecycleRule)).toSorted((a, b) => a.rulePriority - b.rulePriority),
  };
  const refusal = checkRules(policy.rules);
  return refusal === undefined ? { policy } : { refusal };
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function checkShape(rule: Json, complaints: Complaints): void {
  const members = object(rule, { required: ["action", "rulePriority", "selection"], optional: ["description"] }, complaints);
  if (!members) return;
  integer(members["rulePriority"], 1, complaints);
  string(members["description"], complaints);
  if (members["selection"] !== undefined) checkSelection(members["selection"], complaints);
  if (members["action"] !== undefined) checkAction(members["action"], complaints);
}

const COUNT_TYPES = ["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"];
const SELECTION = {
  required: ["countNumber", "countType", "tagStatus"],
  optional: ["countUnit", "storageClass", "tagPatternList", "tagPrefixList"],
};

function checkSelection(value: Json, complaints: Complaints): void {
  const selection = object(value, SELECTION, complaints);
  if (!selection) return;
  oneOf(selection["tagStatus"], ["any", "tagged", "untagged"], complaints);
  oneOf(selection["storageClass"], ["archive", "standard"], complaints);
  integer(selection["countNumber"], 1, complaints);
  for (const list of ["tagPatternList", "tagPrefixList"])
    for (const entry of array(selection[list], 1, Infinity, complaints)) string(entry, complaints, 1);
  checkCount(selection, complaints);
}

/** Counts go without a unit, ages with one: the schema has a shape for each. */
function checkCount(selection: JsonObject, complaints: Complaints): void {
  const { countType, countUnit } = selection;
  const reasons: Complaints = [];
  oneOf(countType, COUNT_TYPES, reasons);
  if (countType === "imageCountMoreThan") {
    if (countUnit !== undefined) reasons.push(`object instance has properties which are not allowed by the schema: ["countUnit"]`);
  } else if (countUnit === undefined) reasons.push(`object has missing required properties (["countUnit"])`);
  else oneOf(countUnit, ["days"], reasons);
  if (countType !== undefined) exactlyOne(2, reasons, complaints);
}

function checkAction(value: Json, complaints: Complaints): void {
  const reasons: Complaints = [];
  const required = isTransition(value) ? ["targetStorageClass", "type"] : ["type"];
  const action = object(value, { required }, reasons);
  oneOf(action?.["type"], ["expire", "transition"], reasons);
  if (isTransition(value)) oneOf(action?.["targetStorageClass"], ["archive"], reasons);
  exactlyOne(2, reasons, complaints);
}

function isTransition(action: Json): boolean {
  return action !== null && typeof action === "object" && !Array.isArray(action) && (action as JsonObject)["type"] === "transition";
}

/** The same rule with its members in ECR's order. */
function readRule({ rulePriority, description, selection, action }: LifecycleRule): LifecycleRule {
  return {
    rulePriority,
    ...(description !== undefined && { description }),
    selection: readSelection(selection),
    action: readAction(action),
  };
}

function readSelection(selection: LifecycleSelection): LifecycleSelection {
  const { tagStatus, tagPatternList, tagPrefixList, storageClass, countType, countUnit, countNumber } = selection;
  return {
    tagStatus,
    ...(tagPatternList && { tagPatternList }),
    ...(tagPrefixList && { tagPrefixList }),
    ...(storageClass && { storageClass }),
    countType,
    ...(countUnit && { countUnit }),
    countNumber,
  };
}

function readAction(action: LifecycleAction): LifecycleAction {
  return action.type === "expire" ? { type: "expire" } : { type: "transition", targetStorageClass: action.targetStorageClass };
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuzzRuns } from "../../testing/fuzz-runs.ts";
import { parseLifecyclePolicy } from "./parse-policy.ts";

const SELECTION = { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 1 };
const AGED = { countType: "sinceImagePushed", countUnit: "days", countNumber: 14 };
const EXPIRE = { type: "expire" };
const ARCHIVE = { type: "transition", targetStorageClass: "archive" };

const rule = (selection: object = {}, more: object = {}) => ({
  rulePriority: 1,
  selection: { ...SELECTION, ...selection },
  action: EXPIRE,
  ...more,
});
const without = (value: object, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
const rules = (...list: readonly unknown[]) => ({ rules: list });
const numbered = (...list: readonly object[]) => rules(...list.map((each, at) => ({ ...each, rulePriority: at + 1 })));

function refusal(policy: unknown): string {
  const parsed = parseLifecyclePolicy(typeof policy === "string" ? policy : JSON.stringify(policy));
  return "refusal" in parsed ? parsed.refusal : "none";
}

describe("a policy of another shape is refused in ECR's words", () => {
  const UNMAPPED = "Could not map policyString into LifecyclePolicy.";
  const NONE_OF_TWO = "instance failed to match exactly one schema (matched 0 out of 2)";
  test.each([
    ["no JSON", "{rules", UNMAPPED],
    ["a comma too many", `{"rules":[],}`, UNMAPPED],
    ["a list", [], UNMAPPED],
    ["a text", `"rules"`, UNMAPPED],
    ["nothing", "null", UNMAPPED],
    [
      "no rules",
      { Rules: [] },
      `object has missing required properties (["rules"])\nobject instance has properties which are not allowed by the schema: ["Rules"]`,
    ],
    ["rules that are no list", { rules: rule() }, `instance type (object) does not match any allowed primitive type (allowed: ["array"])`],
    ["an empty list of rules", rules(), "array is too short: must have at least 1 elements but instance has 0 elements"],
    [
      "51 rules",
      numbered(...Array.from({ length: 51 }, (_, at) => rule({ tagStatus: "tagged", tagPrefixList: [`p${at}`] }))),
      "array is too long: must have at most 50 elements but instance has 51 elements",
    ],
    ["a rule that is a text", rules("x"), `instance type (string) does not match any allowed primitive type (allowed: ["object"])`],
    ["a rule of nothing", rules({}), `object has missing required properties (["action","rulePriority","selection"])`],
    [
      "a stranger in a rule",
      rules(rule({}, { name: "x" })),
      `object instance has properties which are not allowed by the schema: ["name"]`,
    ],
    ["the priority 0", rules(rule({}, { rulePriority: 0 })), "numeric instance is lower than the required minimum (minimum: 1, found: 0)"],
    [
      "a priority in words",
      rules(rule({}, { rulePriority: "1" })),
      `instance type (string) does not match any allowed primitive type (allowed: ["integer"])`,
    ],
    [
      "a priority with a fraction",
      rules(rule({}, { rulePriority: 1.5 })),
      `instance type (number) does not match any allowed primitive type (allowed: ["integer"])`,
    ],
    [
      "a priority beyond numbers",
      rules(rule({}, { rulePriority: 2 ** 31 })),
      "numeric instance is greater than the required maximum (maximum: 2147483647, found: 2147483648)",
    ],
    [
      "no description",
      rules(rule({}, { description: null })),
      `instance type (null) does not match any allowed primitive type (allowed: ["string"])`,
    ],
    [
      "a selection without a status",
      rules({ ...rule(), selection: without(SELECTION, "tagStatus") }),
      `object has missing required properties (["tagStatus"])`,
    ],
    [
      "an unknown status",
      rules(rule({ tagStatus: "TAGGED" })),
      `instance value ("TAGGED") not found in enum (possible values: ["any","tagged","untagged"])`,
    ],
    [
      "an unknown storage class",
      rules(rule({ storageClass: "glacier" })),
      `instance value ("glacier") not found in enum (possible values: ["archive","standard"])`,
    ],
    ["the count 0", rules(rule({ countNumber: 0 })), "numeric instance is lower than the required minimum (minimum: 1, found: 0)"],
    [
      "null instead of a list",
      rules(rule({ tagPatternList: null })),
      `instance type (null) does not match any allowed primitive type (allowed: ["array"])`,
    ],
    [
      "an empty list",
      rules(rule({ tagStatus: "tagged", tagPrefixList: [] })),
      "array is too short: must have at least 1 elements but instance has 0 elements",
    ],
    [
      "an empty prefix",
      rules(rule({ tagStatus: "tagged", tagPrefixList: [""] })),
      `string "" is too short (length: 0, required minimum: 1)`,
    ],
    [
      "a number as a prefix",
      rules(rule({ tagStatus: "tagged", tagPrefixList: [1] })),
      `instance type (integer) does not match any allowed primitive type (allowed: ["string"])`,
    ],
    [
      "an unknown count type",
      rules(rule({ countType: "sinceImageUsed", countUnit: "days" })),
      `${NONE_OF_TWO}\ninstance value ("sinceImageUsed") not found in enum (possible values: ["imageCountMoreThan","sinceImagePushed","sinceImagePulled","sinceImageTransitioned"])`,
    ],
    [
      "a unit for a count",
      rules(rule({ countUnit: "days" })),
      `${NONE_OF_TWO}\nobject instance has properties which are not allowed by the schema: ["countUnit"]`,
    ],
    [
      "null as a unit for a count",
      rules(rule({ countUnit: null })),
      `${NONE_OF_TWO}\nobject instance has properties which are not allowed by the schema: ["countUnit"]`,
    ],
    [
      "an age without a unit",
      rules(rule({ countType: "sinceImagePushed" })),
      `${NONE_OF_TWO}\nobject has missing required properties (["countUnit"])`,
    ],
    [
      "an age in hours",
      rules(rule({ ...AGED, countUnit: "hours" })),
      `${NONE_OF_TWO}\ninstance value ("hours") not found in enum (possible values: ["days"])`,
    ],
    [
      "an unknown action",
      rules(rule({}, { action: { type: "delete" } })),
      `${NONE_OF_TWO}\ninstance value ("delete") not found in enum (possible values: ["expire","transition"])`,
    ],
    [
      "a target for expiry",
      rules(rule({}, { action: { type: "expire", targetStorageClass: null } })),
      `${NONE_OF_TWO}\nobject instance has properties which are not allowed by the schema: ["targetStorageClass"]`,
    ],
    [
      "a transition without a target",
      rules(rule({}, { action: { type: "transition" } })),
      `${NONE_OF_TWO}\nobject has missing required properties (["targetStorageClass"])`,
    ],
    [
      "a transition to standard",
      rules(rule({}, { action: { ...ARCHIVE, targetStorageClass: "standard" } })),
      `${NONE_OF_TWO}\ninstance value ("standard") not found in enum (possible values: ["archive"])`,
    ],
    [
      "an action in words",
      rules(rule({}, { action: "expire" })),
      `${NONE_OF_TWO}\ninstance type (string) does not match any allowed primitive type (allowed: ["object"])`,
    ],
  ])("%s", (_name, policy, expected) => expect(refusal(policy)).toBe(expected));
});

describe("rules that do not go together are refused", () => {
  const prefixed = (...tagPrefixList: readonly string[]) => ({ tagStatus: "tagged", tagPrefixList });
  const patterned = (...tagPatternList: readonly string[]) => ({ tagStatus: "tagged", tagPatternList });
  const archived = { tagStatus: "any", storageClass: "archive", countType: "sinceImageTransitioned", countUnit: "days", countNumber: 90 };
  test.each([
    [
      "one priority twice",
      rules(rule(), rule(prefixed("a"))),
      "Rules must have unique rulePriority values. The value 1 is given more than once.",
    ],
    ["tagged without tags", rules(rule({ tagStatus: "tagged" })), "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED."],
    [
      "untagged with tags",
      rules(rule({ ...prefixed("a"), tagStatus: "untagged" })),
      "Must not specify tagPrefixList or tagPatternList when tagStatus=UNTAGGED.",
    ],
    [
      "any with tags",
      rules(rule({ ...patterned("a*"), tagStatus: "any" })),
      "Must not specify tagPrefixList or tagPatternList when tagStatus=ANY.",
    ],
    [
      "prefixes and patterns",
      rules(rule({ ...prefixed("a"), ...patterned("b*") })),
      "Must not specify both tagPrefixList and tagPatternList in one rule.",
    ],
    ["five wildcards", rules(rule(patterned("test*1*2*3*4*5"))), "The tag pattern 'test*1*2*3*4*5' has more than 4 wildcards (*)."],
    [
      "any before another",
      numbered(rule({ tagStatus: "any" }), rule()),
      "Rule for tagStatus=ANY must have the lowest priority per storage class.",
    ],
    [
      "any twice",
      numbered(rule({ tagStatus: "any" }), rule({ tagStatus: "any", ...AGED })),
      "Rule for tagStatus=ANY must have the lowest priority per storage class.",
    ],
    ["untagged twice", numbered(rule(), rule(AGED)), "Only one rule can select Untagged images per storage class."],
    [
      "one set of prefixes twice",
      numbered(rule(prefixed("a", "b")), rule({ ...prefixed("b", "a"), ...AGED })),
      "Rules must have unique sets of tags per storage class. The set [b, a] is given more than once.",
    ],
    [
      "expiry by pulls",
      rules(rule({ ...AGED, countType: "sinceImagePulled" })),
      "Must specify action=TRANSITION when countType=sinceImagePulled.",
    ],
    [
      "an archive by count",
      rules(rule({ storageClass: "archive" })),
      "Must specify storageClass=STANDARD when countType=imageCountMoreThan.",
    ],
    [
      "time in the archive without the archive",
      rules(rule(without(archived, "storageClass"))),
      "Must specify storageClass=ARCHIVE when countType=sinceImageTransitioned.",
    ],
    [
      "time in the archive of standard images",
      rules(rule({ ...archived, storageClass: "standard" })),
      "Must specify storageClass=ARCHIVE when countType=sinceImageTransitioned.",
    ],
    [
      "a transition out of the archive",
      rules(rule(archived, { action: ARCHIVE })),
      "Must specify action=EXPIRE when countType=sinceImageTransitioned.",
    ],
    [
      "less than 90 days in the archive",
      rules(rule({ ...archived, countNumber: 89 })),
      "countNumber must be at least 90 when countType=sinceImageTransitioned: images are archived for 90 days at least.",
    ],
  ])("%s", (_name, policy, expected) => expect(refusal(policy)).toBe(expected));

  test.each([
    [
      "any and untagged of each storage class",
      numbered(rule(), rule({ tagStatus: "any" }), rule({ ...archived, tagStatus: "untagged" }), rule(archived)),
    ],
    ["four wildcards", rules(rule(patterned("*test*1*2*3", "test*1*2*3*")))],
    ["a set and a part of it", numbered(rule(prefixed("a", "b")), rule(prefixed("a")), rule(patterned("a", "b")))],
    ["transition by count", rules(rule({ ...SELECTION }, { action: ARCHIVE }))],
    ["transition by pulls", rules(rule({ ...AGED, countType: "sinceImagePulled", storageClass: "standard" }, { action: ARCHIVE }))],
    ["fifty rules", numbered(...Array.from({ length: 50 }, (_, at) => rule(prefixed(`p${at}`))))],
  ])("but not %s", (_name, policy) => expect(refusal(policy)).toBe("none"));
});

test("the rules come by priority, with their members in one order", () => {
  const second = {
    action: EXPIRE,
    selection: { countNumber: 3, countUnit: "days", countType: "sinceImagePushed", tagStatus: "any" },
    rulePriority: 9,
  };
  const parsed = parseLifecyclePolicy(JSON.stringify(rules(second, rule({}, { description: "first" }))));
  expect(JSON.stringify(parsed)).toBe(
    `{"policy":{"rules":[{"rulePriority":1,"description":"first","selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}},` +
      `{"rulePriority":9,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":3},"action":{"type":"expire"}}]}}`,
  );
});

test("whatever comes is read or refused; what was read reads the same again", () => {
  const member = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>("days", "tagged", "untagged", "any", "archive", "expire", 1, 90, ["a*"]),
  );
  const names = ["tagStatus", "tagPatternList", "tagPrefixList", "storageClass", "countType", "countUnit", "countNumber"] as const;
  const selection = fc.record(Object.fromEntries(names.map((name) => [name, member])), { requiredKeys: [] });
  const anyRule = fc.record(
    { rulePriority: member, description: member, selection: fc.oneof(selection, member), action: member },
    { requiredKeys: [] },
  );
  const document = fc.oneof(fc.record({ rules: fc.array(anyRule, { maxLength: 3 }) }), fc.jsonValue());
  fc.assert(
    fc.property(
      fc.oneof(
        document.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (text) => {
        const parsed = parseLifecyclePolicy(text);
        const again = "refusal" in parsed ? parsed : parseLifecyclePolicy(JSON.stringify(parsed.policy));
        expect(again).toEqual(parsed);
        expect(parsed).not.toEqual({ refusal: "" });
      },
    ),
    { numRuns: fuzzRuns() },
  );
});

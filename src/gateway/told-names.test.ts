import { expect, test } from "vitest";
import { listOf, structureOf, text } from "../testing/shapes.ts";
import { settleInput } from "./empty-values.ts";
import { InvalidInputError } from "./malformed.ts";

// A refusal tells a member by its path, as AWS's own checks write it, or, as EC2 does, by its name on the wire.

const rules = { emptyValues: { text: "refused", members: {} }, checks: () => undefined } as const;

function told(shape: ReturnType<typeof structureOf>, input: object): readonly (readonly [path: string, wireName: string])[] {
  try {
    settleInput(shape, input, rules);
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return thrown.violations.map(({ path, wireName }) => [path, wireName]);
    throw thrown;
  }
  return [];
}

test.each<[string, ReturnType<typeof structureOf>, object, readonly [string, string]]>([
  ["its own name", structureOf({ VpcName: text }), { VpcName: "" }, ["vpcName", "VpcName"]],
  ["the name that EC2 gives it", structureOf({ Name: [text, { ec2QueryName: "E", xmlName: "x" }] }), { Name: "" }, ["name", "E"]],
  ["its name in XML", structureOf({ Name: [text, { xmlName: "x" }] }), { Name: "" }, ["name", "x"]],
  ["its list's name, for an item", structureOf({ Names: listOf(text) }), { Names: ["a", ""] }, ["names.2.member", "Names"]],
  ["a name that begins with an abbreviation, as it is", structureOf({ VPCName: text }), { VPCName: "" }, ["VPCName", "VPCName"]],
  ["a name in small letters, as it is", structureOf({ maxName: text }), { maxName: "" }, ["maxName", "maxName"]],
])("a member is told by %s", (_what, shape, input, names) => {
  expect(told(shape, input)).toEqual([names]);
});

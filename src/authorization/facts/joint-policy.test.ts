import { expect, test } from "vitest";
import { compiled } from "../principal-policies.ts";
import { jointPolicy } from "./joint-policy.ts";

const ALL = "arn:aws:ecr:*:*:repository/";
const text = (Version: string | undefined, Resource: string): string =>
  JSON.stringify({ ...(Version && { Version }), Statement: { Sid: "a", Effect: "Allow", Principal: "*", Action: "ecr:*", Resource } });

test.each([
  ["none", undefined, undefined, undefined],
  ["the first alone", "one", undefined, "one"],
  ["the second alone", undefined, "two", "two"],
])("of %s, it is that", (_what, first, second, joint) => {
  expect(jointPolicy(first, second)).toBe(joint);
});

test.each([
  ["of one version", "2012-10-17", "2012-10-17", ["${aws:username}", "b"]],
  ["both of 2008", undefined, undefined, ["${aws:username}", "b"]],
  // What was text stays text.
  ["of two versions", undefined, "2012-10-17", ["${$}{aws:username}", "b"]],
])("two policies %s say together what each says, whatever their statements are called", (_what, one, other, resources) => {
  const joint = jointPolicy(text(one, `${ALL}\${aws:username}`), text(other, `${ALL}b`)) ?? "";
  const { Version, Statement } = JSON.parse(joint) as { Version?: string; Statement: { Sid?: string; Resource: string }[] };
  expect([Version, Statement.map(({ Resource }) => Resource.replace(ALL, ""))]).toEqual([one === other ? one : "2012-10-17", resources]);
  expect(Statement.every(({ Sid }) => Sid === undefined)).toBe(true);
  expect(compiled(joint, "resource")).toBeDefined();
});

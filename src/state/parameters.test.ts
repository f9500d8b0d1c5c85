import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import { findParameter, parameterArn, parameterReference, parameters } from "./parameters.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const OWN = "arn:aws:ssm:us-east-1:123456789012:";

function stateWith(...names: readonly string[]): JournaledState {
  const state = new JournaledState(memoryJournal());
  const version = { version: 1, type: "String", value: "v", modifiedAt: 0, modifiedBy: "root", tier: "Standard", dataType: "text" };
  state.commit(() => {
    for (const name of names) state.table(parameters).put({ ...scope, name, versions: [version], tags: [] } as never);
  });
  return state;
}

test.each([
  ["/den/p", "/den/p"],
  ["key", "key"],
  [`${OWN}parameter/den/p`, "/den/p"],
  [`${OWN}parameter/den/p:1`, "/den/p"],
  [`${OWN}parameter/key`, "key"],
  [`${OWN}parameter//den/p`, undefined],
  [`${OWN}parameter//key`, undefined],
  [`${OWN}parameterden/p`, undefined],
  [`${OWN}parameterxkey`, undefined],
  [`${OWN}parameter`, undefined],
  [`${OWN}document/key`, undefined],
  [`${OWN}/den/p`, undefined],
  ["arn:aws:secretsmanager:us-east-1:123456789012:parameter/key", undefined],
])("%s names %s, and policies are asked about what it names", (text, name) => {
  const reference = parameterReference(scope, text);
  const { parameter } = findParameter(stateWith("/den/p", "key"), reference);
  expect(parameter?.name).toBe(name);
  const asked = parameterArn(reference.scope, reference.names[0] ?? "");
  expect(parameter === undefined ? asked : parameterArn(parameter, parameter.name)).toBe(asked);
});

import { expect, test } from "vitest";
import { createContainer, type Inspection } from "./container-start.ts";
import { EngineError, type DockerEngine } from "./engine.ts";
import { LABELS } from "./task-plan.ts";

const TASK = "arn:aws:ecs:us-east-1:123456789012:task/c/1";
const there = (taskArn: string): unknown => ({ Id: "abc", Config: { Labels: { [LABELS.taskArn]: taskArn } } }) as Partial<Inspection>;

/** An engine that gives these answers, one after the other. */
function engineWith(answers: readonly unknown[]): { readonly engine: DockerEngine; readonly asked: string[] } {
  const asked: string[] = [];
  const call = (method: string): Promise<unknown> => {
    const answer = answers[asked.push(method) - 1];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { engine: { call } as unknown as DockerEngine, asked };
}

const conflict = new EngineError(409, "the name is already in use");
const missing = new EngineError(404, "No such container");

test("a container whose name is taken before it is there is waited for", async () => {
  const { engine, asked } = engineWith([conflict, missing, conflict, there(TASK)]);
  expect(await createContainer(engine, "name", TASK, {})).toMatchObject({ id: "abc", existing: { Id: "abc" } });
  expect(asked).toEqual(["POST", "GET", "POST", "GET"]);
});

test("a name that was freed meanwhile is used", async () => {
  const { engine } = engineWith([conflict, missing, { Id: "new" }]);
  expect(await createContainer(engine, "name", TASK, {})).toEqual({ id: "new", warnings: [] });
});

test("somebody else's container of that name is left alone", async () => {
  const { engine } = engineWith([conflict, there("another")]);
  await expect(createContainer(engine, "name", TASK, {})).rejects.toBe(conflict);
});

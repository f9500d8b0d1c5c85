import { expect, test } from "vitest";
import { CleanUp } from "./clean-up.ts";

test("undoes in the opposite order, with what others use at the end, and tells what is left when a step fails", async () => {
  const undone: string[] = [];
  const undo = (what: string) => (): Promise<unknown> => Promise.resolve(undone.push(what));
  const cleanUp = new CleanUp();
  cleanUp.later("cluster", undo("cluster"));
  cleanUp.later("service", () => Promise.reject(new Error("it is still in use")));
  cleanUp.atLast("image", undo("image"));
  cleanUp.later("listener", undo("listener"));
  expect(await cleanUp.run()).toEqual(["service: it is still in use"]);
  expect(undone).toEqual(["listener", "cluster", "image"]);
  expect(await cleanUp.run()).toEqual([]);
});

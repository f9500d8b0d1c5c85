import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { JournaledState } from "./journaled-state.ts";
import { ensureLogGroup, ensureLogStream, logGroupArn, logGroups, logStreams, newLogGroup } from "./logs.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const place = { ...scope, group: "/ecs/web", stream: "app/1" };
const group = { ...scope, name: "/ecs/web", logGroupClass: "STANDARD", tags: {}, createdAt: 5 } as const;
let state: WholeState;

beforeEach(() => {
  state = new JournaledState(memoryJournal());
});

const groupsNow = () => [...state.table(logGroups).values()];
const streamsNow = () => [...state.table(logStreams).values()];

test("a group is new, and has a name without what others append", () => {
  expect(newLogGroup({ ...scope, more: "not kept" } as never, "/ecs/web", 5)).toEqual(group);
  expect(logGroupArn(scope, "/ecs/web")).toBe("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web");
});

describe("before a container starts its group", () => {
  test("is made where that is asked for, once", () => {
    expect(ensureLogGroup(state, place, { createGroup: true, now: 5 })).toBeUndefined();
    const [made] = groupsNow();
    expect(made).toEqual(group);
    expect(ensureLogGroup(state, place, { createGroup: true, now: 9 })).toBeUndefined();
    expect(ensureLogGroup(state, place, { createGroup: false, now: 9 })).toBeUndefined();
    expect(groupsNow()).toEqual([group]);
  });

  test("is missed where it is not, in AWS's words, and in the one region", () => {
    ensureLogGroup(state, { ...place, region: "eu-west-1" }, { createGroup: true, now: 5 });
    expect(ensureLogGroup(state, place, { createGroup: false, now: 5 })).toEqual({
      failure:
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1",
    });
    expect(groupsNow()).toHaveLength(1);
  });
});

describe("a stream", () => {
  const stream = { ...scope, group: "/ecs/web", name: "app/1", createdAt: 5 };

  test("is made where it is missing, once", () => {
    ensureLogGroup(state, place, { createGroup: true, now: 1 });
    ensureLogStream(state, place, 5);
    ensureLogStream(state, place, 9);
    ensureLogStream(state, { ...place, stream: "app/2" }, 9);
    expect(streamsNow()).toEqual([stream, { ...stream, name: "app/2", createdAt: 9 }]);
  });

  test("is not made in a group that is gone", () => {
    ensureLogStream(state, place, 5);
    expect(streamsNow()).toEqual([]);
  });
});

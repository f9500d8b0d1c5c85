import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { TaskExplanation } from "../../domain/task-explanation.ts";
import { renderExplanation } from "./render.ts";

const obstruction = { code: "NO_ROUTE_TO_DESTINATION", component: "rtb-1", text: "the route table rtb-1 has no route", remedy: "make one" };
const explanation: TaskExplanation = {
  task: {
    arn: "arn:aws:ecs:us-east-1:123456789012:task/c/1",
    lastStatus: "PENDING",
    desiredStatus: "RUNNING",
    launchType: "FARGATE",
    networkMode: "awsvpc",
  },
  place: {
    ...{ vpc: "vpc-1", subnet: "subnet-1", availabilityZone: "us-east-1a", networkInterface: "eni-1", address: "10.0.0.5" },
    securityGroups: ["sg-1", "sg-2"],
  },
  steps: [
    { what: "the login at ECR", outcome: "passes", hops: ["network-interface eni-1", "vpc-endpoint vpce-1"] },
    { what: "the layers", outcome: "barred", hops: ["network-interface eni-1"], obstruction },
    { what: "health in web", outcome: "not yet", hops: [] },
  ],
  inTheWay: obstruction,
};
const shown = (told: TaskExplanation): readonly string[] => stripVTControlCharacters(renderExplanation(told)).split("\n");

test("a task's way is shown step by step, and what is in it once more at the end, with what mends it", () => {
  expect(shown(explanation)).toEqual([
    "task arn:aws:ecs:us-east-1:123456789012:task/c/1",
    "  PENDING, wanted RUNNING  FARGATE  awsvpc",
    "  eni-1  10.0.0.5, no public address",
    "  vpc-1  subnet-1  us-east-1a  sg-1 sg-2",
    "",
    "✓ the login at ECR",
    "    network-interface eni-1 → vpc-endpoint vpce-1",
    "✗ the layers",
    "    network-interface eni-1",
    "    NO_ROUTE_TO_DESTINATION at rtb-1: the route table rtb-1 has no route",
    "    To mend it: make one.",
    "… health in web",
    "",
    "First in the way:",
    "  NO_ROUTE_TO_DESTINATION at rtb-1: the route table rtb-1 has no route",
    "  To mend it: make one.",
  ]);
});

test("a task that nothing is in the way of, and that has no interface, is told so", () => {
  const { place: _place, inTheWay: _none, ...rest } = explanation;
  const stopped = { ...rest.task, lastStatus: "STOPPED", desiredStatus: "STOPPED", stoppedReason: "Task stopped by user" };
  expect(shown({ ...rest, task: stopped, steps: [] })).toEqual([
    "task arn:aws:ecs:us-east-1:123456789012:task/c/1",
    "  STOPPED  FARGATE  awsvpc",
    "  Task stopped by user",
    "",
    "",
    "Nothing is in the way.",
  ]);
});

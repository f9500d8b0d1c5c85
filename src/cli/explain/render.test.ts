import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { TaskExplanation } from "../../domain/task-explanation.ts";
import { renderExplanation, renderService, renderTarget } from "./render.ts";

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

test("a service and a target group are shown part by part, with what is first in the way at the end", () => {
  const part = { what: "10.0.1.5:8080", status: "unhealthy", alike: 1, steps: explanation.steps.slice(0, 1), inTheWay: obstruction };
  const counts = { desiredCount: 3, runningCount: 2, pendingCount: 1, lastEvent: "(service web) says" };
  const service = renderService({
    service: { arn: "arn:service", status: "ACTIVE", ...counts },
    tasks: [{ ...part, what: "arn:task", status: "RUNNING", alike: 2 }],
  });
  expect(stripVTControlCharacters(service).split("\n")).toEqual([
    "service arn:service",
    "  ACTIVE  3 wanted, 2 running, 1 pending",
    "  (service web) says",
    "",
    "task arn:task  RUNNING, and 1 like it",
    "✓ the login at ECR",
    "    network-interface eni-1 → vpc-endpoint vpce-1",
    "",
    "Nothing is in the way.",
  ]);
  const targetGroup = { arn: "arn:group", protocol: "HTTP", port: 80, targetType: "ip" };
  expect(stripVTControlCharacters(renderTarget({ targetGroup, targets: [part], inTheWay: obstruction })).split("\n")).toEqual([
    "target group arn:group",
    "  HTTP:80  ip",
    "",
    "target 10.0.1.5:8080  unhealthy",
    "✓ the login at ECR",
    "    network-interface eni-1 → vpc-endpoint vpce-1",
    "",
    "First in the way:",
    "  NO_ROUTE_TO_DESTINATION at rtb-1: the route table rtb-1 has no route",
    "  To mend it: make one.",
  ]);
});

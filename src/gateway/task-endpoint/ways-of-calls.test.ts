import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { securityGroups } from "../../state/ec2.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { routeTables } from "../../state/ec2-routing.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { leaveUnanswered, reachesService } from "./ways-of-calls.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const signed = (service: string, region = "us-east-1") => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20240101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

/** A task in a default VPC whose way to the internet was taken away. */
function world() {
  const state = new JournaledState(memoryJournal());
  const { vpc, subnets, securityGroup } = defaultNetwork(state, ids, SCOPE, 0);
  const table = state.table(routeTables).by("main", vpc.id)[0]!;
  const routes = table.routes.filter(({ target }) => target.kind === "vpc-endpoint");
  state.commit(() => state.table(routeTables).put({ ...table, routes }));
  const networkInterface = { ...interfaceOf("172.31.0.9"), vpcId: vpc.id, subnetId: subnets[0]!.id, securityGroups: [securityGroup.id] };
  putTask(state, taskRecord("0".repeat(32), { networkInterface }));
  const asks = (headers: Record<string, string>, remoteAddress = "172.31.0.9", url = "/") =>
    reachesService(state, { headers, url, socket: { remoteAddress } });
  const without = (service: string) =>
    state.commit(() => {
      for (const { id } of state.table(vpcEndpoints).by("service", `${vpc.id}/com.amazonaws.us-east-1.${service}`))
        state.table(vpcEndpoints).delete(id);
    });
  return { state, asks, without };
}

test("a call of a container comes through where its task has a way to the service that it is for", () => {
  const { asks, without } = world();
  expect(asks(signed("secretsmanager"))).toBe(true);
  expect(asks(signed("ecr"))).toBe(true);
  expect(asks(signed("iam"))).toBe(false);
  expect(asks(signed("secretsmanager", "eu-west-1"))).toBe(false);
  without("secretsmanager");
  expect(asks(signed("secretsmanager"))).toBe(false);
  expect(asks({}, "::ffff:172.31.0.9", "/?X-Amz-Credential=AKIA/20240101/us-east-1/secretsmanager/aws4_request")).toBe(false);
});

test("an endpoint whose group lets the task in no more is no way to its service", () => {
  const { state, asks } = world();
  const [group] = [...state.table(securityGroups).values()].filter(({ name }) => name === "default-vpc-endpoints");
  state.commit(() =>
    state.table(securityGroups).update(group!.id, (one) => ({ ...one, rules: one.rules.filter(({ isEgress }) => isEgress) })),
  );
  expect([asks(signed("secretsmanager")), asks(signed("ecr")), asks({})]).toEqual([false, false, false]);
});

test("what is signed for nothing is asked of STS, and what is no URL of whoever answers", () => {
  const { asks, without } = world();
  expect([asks({}), asks({}, "172.31.0.9", "//")]).toEqual([true, true]);
  without("sts");
  expect([asks({}), asks({}, "172.31.0.9", "//")]).toEqual([false, false]);
});

test("whoever comes from no task's interface is let through", () => {
  expect(world().asks(signed("iam"), "172.31.0.10")).toBe(true);
});

test("who has no way hears nothing, and is cut off after a minute", () => {
  const told: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    setTimeout: (milliseconds: number, run: () => void) => {
      told.push(String(milliseconds));
      run();
    },
    destroy: () => told.push("cut"),
  });
  leaveUnanswered({ socket } as never);
  expect(told).toEqual(["60000", "cut"]);
});

import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { vpcEndpoints } from "../../state/ec2-endpoints.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { EXECUTION_POLICY, putRole } from "../../testing/roles.ts";
import { definitionRecord, interfaceOf, taskRecord } from "../../testing/task-record.ts";
import { underPolicy } from "./endpoint-policy-step.ts";
import type { Need } from "./needs.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const image: Need = { kind: "image", service: "ecr.dkr", region: SCOPE.region, image: `${HOST}/shop:1`, containers: ["app"], host: HOST };
const auth: Need = { kind: "registry-auth", service: "ecr.api", region: SCOPE.region };
const PASSES = { what: "a need", outcome: "passes", hops: ["network-interface eni-0"] } as const;

/** A task whose VPC has an endpoint of each service, with this policy. */
function told(need: Need, statement: object | undefined, step: Parameters<typeof underPolicy>[4] = PASSES) {
  const state = new JournaledState(memoryJournal());
  putRole(state, "exec", { attached: [EXECUTION_POLICY] });
  const policy = statement && JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  state.commit(() => {
    for (const service of ["ecr.api", "ecr.dkr"])
      state.table(vpcEndpoints).put({
        ...{
          ...SCOPE,
          id: `vpce-${service}`,
          vpcId: "vpc-0",
          type: "Interface",
          serviceName: `com.amazonaws.us-east-1.${service}`,
          state: "available",
        },
        ...{ privateDnsEnabled: true, subnetIds: [], groupIds: [], networkInterfaceIds: [], routeTableIds: [], tags: [], createdAt: 0 },
        ...(policy !== undefined && { policy }),
      });
  });
  const definition = definitionRecord({ executionRoleArn: "arn:aws:iam::123456789012:role/exec" });
  const task = taskRecord("1".repeat(32), { networkInterface: interfaceOf("10.0.0.5") });
  return underPolicy({ state, clock: new ManualClock(), ids, homeOf: () => SCOPE }, task, definition, need, step);
}

const ALL = { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" };

test("a policy on the way is a hop, and what it does not let be is named with what would mend it", () => {
  expect(told(auth, ALL)).toEqual({ ...PASSES, hops: [...PASSES.hops, "endpoint-policy vpce-ecr.api"] });
  expect(told(auth, { ...ALL, Action: "ecr:BatchGetImage" })).toMatchObject({
    outcome: "barred",
    obstruction: {
      ...{ code: "AccessDeniedException", component: "vpce-ecr.api" },
      ...{
        text: expect.stringContaining("VPC endpoint policy"),
        remedy: "let ecr:GetAuthorizationToken on * in the policy of vpce-ecr.api",
      },
    },
  });
  const shop = "arn:aws:ecr:us-east-1:123456789012:repository/shop";
  expect(told(image, { ...ALL, Resource: shop }).outcome).toBe("passes");
  expect(told(image, { ...ALL, Resource: `${shop}s` }).obstruction).toMatchObject({
    component: "vpce-ecr.dkr",
    remedy: expect.stringContaining(shop),
  });
});

test("without a policy, and where something is in the way before, the step is as it was", () => {
  expect(told(auth, undefined)).toBe(PASSES);
  const barred = { ...PASSES, outcome: "barred" } as const;
  expect(told(auth, { ...ALL, Effect: "Deny" }, barred)).toBe(barred);
});

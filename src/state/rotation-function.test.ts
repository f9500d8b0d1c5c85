import type { Tag } from "@aws-sdk/client-ecs";
import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { definitionRecord } from "../testing/task-record.ts";
import { defaultNetwork } from "./default-vpc.ts";
import { clusters, families, taskDefinitions, type ClusterRecord, type TaskDefinitionRecord } from "./ecs.ts";
import { JournaledState } from "./journaled-state.ts";
import { findRotationFunction, rotationNetwork } from "./rotation-function.ts";
import type { WholeState } from "./state.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const arnOf = (resource: string): string => `arn:aws:ecs:us-east-1:123456789012:${resource}`;
const APP = arnOf("task-definition/app");
let state: WholeState;

function putDefinition(revision: number, changes: Partial<TaskDefinitionRecord> = {}): TaskDefinitionRecord {
  return state.commit(() => state.table(taskDefinitions).put({ ...definitionRecord(), revision, arn: `${APP}:${revision}`, ...changes }));
}
function putCluster(name: string, changes: Partial<ClusterRecord> = {}): ClusterRecord {
  const record = { ...scope, arn: arnOf(`cluster/${name}`), name, status: "ACTIVE", ...changes } as ClusterRecord;
  return state.commit(() => state.table(clusters).put(record));
}
const inCluster = (value: string): { readonly tags: readonly Tag[] } => ({ tags: [{ key: "airfield:rotation-cluster", value }] });

beforeEach(() => {
  state = new JournaledState(memoryJournal());
  state.commit(() => state.table(families).put({ ...scope, name: "app", family: "app", lastRevision: 3 } as never));
  putCluster("default");
});

describe("a function is found", () => {
  test("by its revision, or as the newest that is active", () => {
    const [first, second] = [putDefinition(1), putDefinition(2)];
    putDefinition(3, { status: "INACTIVE" });
    expect(findRotationFunction(state, scope, `${APP}:1`)).toMatchObject({ definition: first });
    expect(findRotationFunction(state, scope, APP)).toMatchObject({ definition: second });
  });

  test("and runs where its tag says, by name or ARN, or in the cluster default", () => {
    const [standard, other] = [state.table(clusters).get(arnOf("cluster/default")), putCluster("other")];
    for (const [changes, cluster] of [
      [{}, standard],
      [inCluster("other"), other],
      [inCluster(other.arn), other],
    ] as const) {
      putDefinition(1, changes);
      expect(findRotationFunction(state, scope, `${APP}:1`)).toMatchObject({ cluster });
    }
  });

  test.each([
    [undefined, "EC2"],
    [["EC2"], "EC2"],
    [["EC2", "FARGATE"], "FARGATE"],
  ] as const)("of compatibilities %o on %s", (compatibilities, launchType) => {
    putDefinition(1, { definition: { ...definitionRecord().definition, ...(compatibilities && { compatibilities }) } as never });
    expect(findRotationFunction(state, scope, `${APP}:1`)).toMatchObject({ launchType });
  });
});

const NONE =
  "RotationLambdaARN must be the ARN of an Amazon ECS task definition: there are no Lambda functions here, a task does the rotation.";
describe("a function is refused", () => {
  test.each<[string, string]>([
    ["app", NONE],
    ["arn:aws:lambda:us-east-1:123456789012:function:app", NONE],
    ["arn:aws:lambda:us-east-1:123456789012:task-definition/app", NONE],
    [`${APP}:x`, NONE],
    [`${APP}:1x`, NONE],
    [arnOf("x-task-definition/app"), NONE],
    [arnOf(`task-definition/${"a".repeat(256)}`), NONE],
    [
      APP.replace("us-east-1", "eu-west-1"),
      `The task definition ${APP.replace("us-east-1", "eu-west-1")} must be in the account and region of the secret.`,
    ],
    [
      APP.replace("123456789012", "210987654321"),
      `The task definition ${APP.replace("123456789012", "210987654321")} must be in the account and region of the secret.`,
    ],
    [`${APP}:2`, `The task definition ${APP}:2 does not exist, or is not ACTIVE.`],
    [`${APP}:3`, `The task definition ${APP}:3 does not exist, or is not ACTIVE.`],
    [arnOf("task-definition/none"), `The task definition ${arnOf("task-definition/none")} does not exist, or is not ACTIVE.`],
  ])("%s", (functionArn, failure) => {
    putDefinition(3, { status: "INACTIVE" });
    expect(findRotationFunction(state, scope, functionArn)).toEqual({ failure });
  });

  test.each([
    ["none", "none"],
    ["of another account", arnOf("cluster/default").replace("123456789012", "210987654321")],
    ["gone", "gone"],
  ])("where its cluster is %s", (_, name) => {
    putCluster("gone", { status: "INACTIVE" } as Partial<ClusterRecord>);
    putCluster("default", { account: "210987654321", arn: arnOf("cluster/default").replace("123456789012", "210987654321") });
    putDefinition(1, inCluster(name));
    expect(findRotationFunction(state, scope, `${APP}:1`)).toEqual({
      failure: `The cluster ${name}, which rotation tasks run in, does not exist.`,
    });
  });
});

describe("its network", () => {
  const network = (tags: readonly Tag[], networkMode = "awsvpc") => {
    const definition = { ...definitionRecord({ networkMode: networkMode as "awsvpc" }), tags };
    return state.commit(() => rotationNetwork(state, ids, { definition, cluster: putCluster("c"), launchType: "EC2" }, 1));
  };
  const tag = (name: string, value: string): Tag => ({ key: `airfield:rotation-${name}`, value });

  test("is none where the task has none of its own", () => {
    expect(network([tag("subnets", "s")], "bridge")).toBeUndefined();
  });

  test("is the default VPC, unless its tags say which", () => {
    const standard = defaultNetwork(state, ids, scope, 1);
    const subnets = standard.subnets.map(({ id }) => id);
    expect(network([])).toEqual({ awsvpcConfiguration: { subnets, securityGroups: [standard.securityGroup.id] } });
    expect(network([tag("security-groups", " g  h ")])).toEqual({ awsvpcConfiguration: { subnets, securityGroups: ["g", "h"] } });
    expect(network([tag("subnets", "s t")])).toEqual({ awsvpcConfiguration: { subnets: ["s", "t"] } });
    expect(network([tag("subnets", "s"), tag("security-groups", "g")])).toEqual({
      awsvpcConfiguration: { subnets: ["s"], securityGroups: ["g"] },
    });
  });
});

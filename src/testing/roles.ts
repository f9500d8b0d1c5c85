import { AttachRolePolicyCommand, CreateRoleCommand, EntityAlreadyExistsException, IAMClient } from "@aws-sdk/client-iam";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import { roles, type RoleRecord } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";

/** Allows a service to assume a role. */
export function trustOf(service: string, condition?: object): object {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return { Version: "2012-10-17", Statement: [condition ? { ...statement, Condition: condition } : statement] };
}

export const TASK_TRUST = trustOf("ecs-tasks.amazonaws.com");
export const EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

export interface TestRole {
  readonly account?: string;
  readonly trust?: object;
  /** Statements of one inline policy. */
  readonly allows?: readonly object[];
  readonly attached?: readonly string[];
}

/** Writes the record that CreateRole, PutRolePolicy and AttachRolePolicy would write; a role of tasks where nothing else is said. */
export function putRole(state: WholeState, name: string, role: TestRole = {}): RoleRecord {
  const { account = DEFAULT_ACCOUNT, trust = TASK_TRUST, allows = [], attached = [] } = role;
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: allows });
  const record: RoleRecord = {
    id: `AROA${Buffer.from(name).toString("hex").toUpperCase().padEnd(17, "X").slice(0, 17)}`,
    arn: `arn:aws:iam::${account}:role/${name}`,
    name,
    path: "/",
    account,
    maxSessionDuration: 3600,
    assumeRolePolicy: JSON.stringify(trust),
    inlinePolicies: allows.length === 0 ? {} : { inline: policy },
    attachedPolicies: attached,
    tags: [],
    createdAt: 0,
  };
  state.commit(() => state.table(roles).put(record));
  return record;
}

interface Api {
  client<C>(constructor: new (config: never) => C): C;
}

/** The role that every guide names: makes it as they say, where it is not there yet; gives its ARN. */
export async function ensureExecutionRole(api: Api, name = "ecsTaskExecutionRole"): Promise<string> {
  return await ensureTaskRole(api, name, [EXECUTION_POLICY]);
}

/** A role that tasks may have, with managed policies attached; gives its ARN. */
export async function ensureTaskRole(api: Api, name: string, attached: readonly string[] = []): Promise<string> {
  const iam = api.client(IAMClient);
  try {
    await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(TASK_TRUST) }));
  } catch (thrown) {
    if (!(thrown instanceof EntityAlreadyExistsException)) throw thrown;
  }
  for (const PolicyArn of attached) await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
  return `arn:aws:iam::${DEFAULT_ACCOUNT}:role/${name}`;
}

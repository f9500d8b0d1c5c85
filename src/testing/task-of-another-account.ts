import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { taskEndpoint } from "../gateway/task-endpoint/task-endpoint.ts";
import { taskEndpointId } from "../state/task-endpoint-id.ts";
import { FOREIGN_ACCOUNT, type ApiWorld, type Keys } from "./api-world.ts";
import { putRole } from "./roles.ts";
import { definitionRecord, putTask, taskRecord } from "./task-record.ts";

/** Runs a task in the other account, whose role may do everything there, and asks for its credentials as the task does. */
export async function taskOfAnotherAccount({ state, platform }: ApiWorld): Promise<Keys> {
  const abroad = (arn: string): string => arn.replace(/:\d{12}:/, `:${FOREIGN_ACCOUNT}:`);
  const role = putRole(state, "admin", { account: FOREIGN_ACCOUNT, attached: ["arn:aws:iam::aws:policy/AdministratorAccess"] });
  const definition = definitionRecord({ taskRoleArn: role.arn });
  const record = taskRecord("0123456789abcdef0123456789abcdef", { networkMode: "host" });
  const task = putTask(
    state,
    {
      ...record,
      account: FOREIGN_ACCOUNT,
      arn: abroad(record.arn),
      clusterArn: abroad(record.clusterArn),
      taskDefinitionArn: abroad(definition.arn),
    },
    { ...definition, account: FOREIGN_ACCOUNT, arn: abroad(definition.arn) },
  );
  const listener = taskEndpoint({
    platform,
    addressesOf: () => Promise.resolve([]),
    otherwise: (_request, response) => void response.writeHead(404).end(),
    failed: (cause) => {
      throw cause;
    },
  });
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const path = `/v2/credentials/${taskEndpointId(platform.secrets, task, { kind: "credentials" })}`;
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const { AccessKeyId, SecretAccessKey, Token } = (await answer.json()) as Readonly<Record<string, string>>;
    if (AccessKeyId === undefined || SecretAccessKey === undefined || Token === undefined) throw new Error("the task was given no role");
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Platform } from "../../services/platform.ts";
import type { TaskRecord } from "../../state/ecs.ts";
import { containerOfMetadataId, taskOfCredentialsId } from "../../state/task-endpoint-id.ts";
import { noteKnown } from "../connections.ts";
import { LIMITS } from "../limits.ts";
import { isInTurn, Strangers } from "../strangers.ts";
import { comesFromTask, type Reach } from "./comes-from-task.ts";
import { containerMetadata, taskMetadata } from "./metadata.ts";
import { TaskCredentials } from "./task-credentials.ts";

export interface TaskEndpointOptions extends Reach {
  readonly platform: Pick<Platform, "state" | "secrets" | "clock" | "ids">;
  /** Answers whatever is not the endpoint's own: the APIs. */
  readonly otherwise: RequestListener;
  /** Told of defects. */
  readonly failed: (cause: unknown) => void;
}

/** What is asked for, or why not: `code` and `message` as the container agent of ECS writes them. */
type Answer = { readonly body: object } | { readonly status: number; readonly code: string; readonly message: string };

const PATH = /^\/(?:v2\/credentials\/(?<credentials>[^/?]+)|v4\/(?<metadata>[^/?]+)(?:\/(?<part>[^?]*))?)\/?(?:\?.*)?$/;

/** Answers requests that containers make to 169.254.170.2. Nothing that one task may have is told to another, nor whether it is there. */
export function taskEndpoint(options: TaskEndpointOptions): RequestListener {
  const { platform, otherwise, failed } = options;
  const credentials = new TaskCredentials(platform);
  const strangers = new Strangers(LIMITS.strangers);

  async function credentialsOf(request: IncomingMessage, id: string): Promise<Answer> {
    const task = taskOfCredentialsId(platform.state, platform.secrets, id);
    const refusal = await refusalOf(request, task, "CredentialsV2Request: ");
    if (refusal || !task) return refusal ?? UNKNOWN;
    const issued = credentials.of(task);
    if (issued) return { body: issued };
    return {
      status: 404,
      code: "NoCredentialsAssociated",
      message: "CredentialsV2Request: no role that ECS can assume belongs to this task",
    };
  }

  async function metadataOf(request: IncomingMessage, id: string, part: string): Promise<Answer> {
    const found = containerOfMetadataId(platform.state, platform.secrets, id);
    const refusal = await refusalOf(request, found?.task, "V4 metadata handler: ");
    if (refusal || !found) return refusal ?? UNKNOWN;
    switch (part) {
      case "":
        return { body: containerMetadata(platform.state, found.task, found.container) };
      case "task":
        return { body: taskMetadata(platform.state, found.task) };
      case "taskWithTags":
        return { body: taskMetadata(platform.state, found.task, { tags: true }) };
      default:
        return { status: 404, code: "NotFound", message: `V4 metadata handler: there is nothing at /${part}` };
    }
  }

  async function refusalOf(request: IncomingMessage, task: TaskRecord | undefined, who: string): Promise<Answer | undefined> {
    if (!task || task.lastStatus === "STOPPED") return { ...UNKNOWN, message: `${who}${UNKNOWN.message}` };
    if (await comesFromTask(options, task, request.socket.remoteAddress ?? "")) return undefined;
    return { status: 403, code: "AccessDenied", message: `${who}the request does not come from the task that this ID belongs to` };
  }

  return (request, response) => {
    const path = request.url ?? "";
    const { credentials: credentialsId, metadata, part = "" } = PATH.exec(path)?.groups ?? {};
    if (credentialsId === undefined && metadata === undefined && !isOwn(path)) {
      otherwise(request, response);
      return;
    }
    const answer =
      request.method !== "GET"
        ? Promise.resolve({ status: 405, code: "MethodNotAllowed", message: "only GET is answered here" })
        : credentialsId !== undefined
          ? credentialsOf(request, credentialsId)
          : metadata !== undefined
            ? metadataOf(request, metadata, part.replace(/\/$/, ""))
            : Promise.resolve(UNKNOWN);
    answer.then(
      async (ready) => {
        // What is told of a task, or given in a role's name, must be so after a crash.
        await platform.state.durable();
        // Who has shown an id of its own is known; whoever guesses has to wait for it.
        if ("body" in ready) noteKnown(request.socket);
        else if (!(await isInTurn(strangers, request.socket))) return;
        write(response, ready);
      },
      (cause: unknown) => {
        failed(cause);
        write(response, { status: 500, code: "InternalServerError", message: "the endpoint failed" });
      },
    );
  };
}

const UNKNOWN = { status: 404, code: "InvalidIdInRequest", message: "ID not found" } as const;

/** The registry is not offered here: what lies below `/v2/` is credentials. */
function isOwn(path: string): boolean {
  return /^\/(?:v2|v3|v4)(?:[/?]|$)/.test(path);
}

function write(response: ServerResponse, answer: Answer): void {
  const [status, body] =
    "body" in answer ? [200, answer.body] : [answer.status, { code: answer.code, message: answer.message, HTTPErrorCode: answer.status }];
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

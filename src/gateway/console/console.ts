import type { Audit } from "../../audit/auditor.ts";
import { decide, type RequestOrigin } from "../../authorization/authorize.ts";
import { denialText } from "../../decide/iam/denial.ts";
import { parseArn } from "../../domain/arn.ts";
import type { Principal } from "../../domain/principal.ts";
import { DEFAULT_REGION } from "../../domain/scope.ts";
import { AwsError } from "../../services/aws-error.ts";
import type { Platform } from "../../services/platform.ts";
import type { ArrivingRequest, WireResponse } from "../protocols/protocol.ts";
import { changeFeed, type FeedSink } from "./changes/change-feed.ts";
import { consoleFiles } from "./console-files.ts";
import { errorAnswer, jsonAnswer, signedRequest, textsIn, type SignedConsoleRequest } from "./console-request.ts";
import { signIn, type SignInOrigin } from "./sign-in.ts";

/** An answer that goes on: `open` is called once its head is sent; what it gives is disposed of when the client is gone. */
export interface StreamedResponse extends Pick<WireResponse, "status" | "headers"> {
  open(sink: FeedSink): Disposable;
}

export interface Console extends Disposable {
  /** Answers a request below `/console`. */
  answer(arriving: ArrivingRequest, sourceIp: string): Promise<WireResponse | StreamedResponse>;
}

/** What is in a task's way, as `airfield explain task` tells it; `undefined` where there is no such task. */
export type ExplainTask = (taskArn: string) => unknown;

export interface ConsoleParts {
  /** Where the built pages are. */
  readonly folder: string;
  readonly platform: Pick<Platform, "state" | "clock" | "ids" | "secrets" | "credentials">;
  readonly audit?: Audit;
  readonly explainTask?: ExplainTask;
}

/** Bytes of a link's redemption. */
const LARGEST_LINK = 1024;

/** What an explanation tells of: the task, its network, and what of its load balancers is in the way. */
const EXPLAINED = [
  "ec2:DescribeNetworkAcls",
  "ec2:DescribeRouteTables",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "elasticloadbalancing:DescribeTargetHealth",
] as const;

/** True for the paths that are the console's. */
export function isForConsole(path: string): boolean {
  return path === "/console" || path.startsWith("/console/") || path.startsWith("/console?");
}

/** The console's pages, and the few things that its pages ask which are no API of AWS's. */
export function webConsole({ folder, platform, audit, explainTask }: ConsoleParts): Console {
  const files = consoleFiles(folder);
  const feed = changeFeed(platform);
  const door = signIn({ platform, audit });

  /** Who signed asks for what their key may; who shows a link and no signature, for what the link stands for. */
  const session = async (arriving: ArrivingRequest, at: SignInOrigin): Promise<WireResponse> => {
    if (arriving.headers["authorization"] !== undefined) {
      const { principal, region } = await signedRequest(arriving, platform, at.now);
      return jsonAnswer(200, door.open(principal, { ...at, region }));
    }
    await arriving.turn();
    // A form of another site can send texts, and no JSON: nobody is signed in by a page that they only looked at.
    if (arriving.headers["content-type"] !== "application/json")
      throw new AwsError("SerializationException", "A link is redeemed with a JSON object.", 415);
    const read = await arriving.readBody(LARGEST_LINK);
    if (!read) throw new AwsError("RequestEntityTooLargeException", "A link is short.", 413);
    return jsonAnswer(200, door.redeem(textsIn(read.body)["link"] ?? "", at));
  };

  const changes = ({ principal, region }: SignedConsoleRequest, origin: RequestOrigin): StreamedResponse => ({
    status: 200,
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    open: (sink) => feed.listen({ principal, origin: { ...origin, region } }, sink),
  });

  const explanation = ({ principal, body }: SignedConsoleRequest, origin: RequestOrigin, now: number): WireResponse => {
    const { task = "" } = textsIn(body);
    const named = parseArn(task);
    // Of another account's task nobody is told that it is there.
    if (named?.service !== "ecs" || named.account !== principal.account || !named.resource.startsWith("task/"))
      throw new AwsError("InvalidParameterException", "task must be the ARN of a task of this account.");
    permit(principal, "ecs:DescribeTasks", task, origin, now);
    for (const action of EXPLAINED) permit(principal, action, "*", origin, now);
    return jsonAnswer(200, explainTask?.(task) ?? null);
  };

  const permit = (principal: Principal, action: string, resource: string, origin: RequestOrigin, now: number): void => {
    const decision = decide({ state: platform.state, now }, principal, { action, resource }, origin);
    if (!decision.allowed)
      throw new AwsError("AccessDeniedException", denialText({ principalArn: principal.arn, action, resource, decision }));
  };

  const route = async (arriving: ArrivingRequest, sourceIp: string): Promise<WireResponse | StreamedResponse> => {
    const { pathname } = arriving.url;
    if (!pathname.startsWith("/console/api/")) return files(arriving);
    const now = platform.clock.now();
    const userAgent = arriving.headers["user-agent"] ?? "";
    const signed = (): Promise<SignedConsoleRequest> => signedRequest(arriving, platform, now);
    const origin = { sourceIp, userAgent, secureTransport: arriving.secure };
    switch (`${arriving.method} ${pathname.slice("/console/api/".length)}`) {
      case "POST sessions":
        return session(arriving, { requestId: platform.ids.uuid(), now, sourceIp, userAgent, region: DEFAULT_REGION });
      case "POST links":
        return jsonAnswer(200, door.link((await signed()).principal, now));
      case "GET changes": {
        const request = await signed();
        return changes(request, { ...origin, region: request.region });
      }
      case "POST explain": {
        const request = await signed();
        return explanation(request, { ...origin, region: request.region }, now);
      }
      default:
        await arriving.turn();
        throw new AwsError("UnknownOperationException", "The console has no such operation.", 404);
    }
  };

  return {
    async answer(arriving, sourceIp) {
      try {
        return await route(arriving, sourceIp);
      } catch (thrown) {
        if (thrown instanceof AwsError) return errorAnswer(thrown);
        throw thrown;
      }
    },
    [Symbol.dispose]: () => feed[Symbol.dispose](),
  };
}

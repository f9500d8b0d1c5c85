import { DoesNotExistException } from "@aws-sdk/client-ssm";
import { dataChannelUrl } from "../data-channel-url.ts";
import { because, type RequestScope } from "../operation.ts";
import { operation } from "./parameter.ts";

// The sessions are those of ECS Exec (`ecs:ExecuteCommand`): there are no managed nodes on which others could be started.

const onSession =
  (action: string) =>
  ({ SessionId = "" }: { SessionId?: string | undefined }, at: RequestScope) => ({
    action: `ssm:${action}`,
    resource: at.arn("ssm", `session/${SessionId}`),
  });

/** Gives a client that lost its connection a new token; none where the session is over, which clients take for its end. */
export const resumeSession = operation("ResumeSession", {
  authorize: onSession("ResumeSession"),
  run({ SessionId = "" }, context) {
    const token = context.execSessions?.resume(context, SessionId);
    return token === undefined ? { SessionId } : { SessionId, TokenValue: token, StreamUrl: dataChannelUrl(context, SessionId) };
  },
});

export const terminateSession = operation("TerminateSession", {
  authorize: onSession("TerminateSession"),
  run({ SessionId = "" }, context) {
    if (context.execSessions?.terminate(context, SessionId) !== true)
      throw new DoesNotExistException(because(`Session ${SessionId} does not exist.`));
    return { SessionId };
  },
});

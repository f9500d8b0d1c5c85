import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../../services/aws-error.ts";
import type { StreamedResponse } from "./console.ts";
import { errorAnswer } from "./console-request.ts";

/** Bytes that wait for a client which does not read; beyond them it is cut off, and listens anew when it can. */
const MOST_WAITING = 256 * 1024;

/** Sends an answer that goes on until its client is gone, or it is ended. */
export function sendStream(answer: StreamedResponse, request: IncomingMessage, response: ServerResponse): void {
  const { status, headers } = answer;
  const sink = {
    write(text: string) {
      if (!response.headersSent) response.writeHead(status, headers);
      response.write(text);
      if (response.writableLength > MOST_WAITING) request.socket.destroy();
    },
    end: () => void response.end(),
  };
  try {
    const opened = answer.open(sink);
    response.once("close", () => opened[Symbol.dispose]());
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    const refusal = errorAnswer(thrown);
    response.writeHead(refusal.status, { ...refusal.headers }).end(refusal.body);
  }
}

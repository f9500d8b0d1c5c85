import type { Duplex } from "node:stream";
import { Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Platform } from "../services/platform.ts";
import type { Upgrades } from "./door/upgrades.ts";
import { noteKnown } from "./connections.ts";

type Clock = Platform["clock"];
type ExecSessions = NonNullable<Platform["execSessions"]>;

/** Where clients of ECS Exec connect to. Source: Session Manager's stream URLs. */
const CHANNEL = /^\/v1\/data-channel\/([A-Za-z0-9-]{1,96})(?:\?|$)/;
/** Frames hold a kilobyte of what is typed, and at most what is pasted. */
const LARGEST_FRAME = 128 * 1024;
/** Who connects shows its token at once. */
const TOKEN_MS = 10_000;
/** Source: RFC 6455, section 7.4.1. */
const POLICY_VIOLATION = 1008;

/** Leads WebSockets of Session Manager's clients to their sessions. Nothing is told to one before it has shown its token. */
export function dataChannels(sessions: ExecSessions, clock: Clock): Upgrades {
  const server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_FRAME, perMessageDeflate: false });
  return {
    wants: ({ method, headers, url = "" }) => method === "GET" && headers.upgrade?.toLowerCase() === "websocket" && CHANNEL.test(url),
    take(request, socket, head) {
      const [, sessionId = ""] = CHANNEL.exec(request.url ?? "") ?? [];
      server.handleUpgrade(request, socket, head, (webSocket) => attend(sessions, clock, sessionId, webSocket, socket));
    },
  };
}

function attend(sessions: ExecSessions, clock: Clock, sessionId: string, webSocket: WebSocket, socket: Duplex): void {
  let hearing: ReturnType<ExecSessions["join"]>;
  const late = clock.after(TOKEN_MS, () => webSocket.close(POLICY_VIOLATION));
  webSocket.on("message", (data: Buffer, isBinary) => {
    if (hearing) {
      if (isBinary) hearing.receive(data);
      return;
    }
    late[Symbol.dispose]();
    const token = tokenOf(data);
    hearing = token === undefined ? undefined : sessions.join(sessionId, token, lineOf(webSocket));
    if (!hearing) webSocket.close(POLICY_VIOLATION);
    // The session has times of its own, and is nobody's that may be sent away for others.
    else if (socket instanceof Socket) {
      socket.setTimeout(0);
      noteKnown(socket);
    }
  });
  // What a client sends against the protocol closes its connection; that it is closed is all there is to know.
  webSocket.on("error", () => webSocket.terminate());
  webSocket.on("close", () => {
    late[Symbol.dispose]();
    hearing?.gone();
  });
}

function lineOf(webSocket: WebSocket): Parameters<ExecSessions["join"]>[2] {
  return { send: (frame) => webSocket.send(frame), close: () => webSocket.close() };
}

/** The first message of a client. Source: the plugin's `OpenDataChannelInput`. */
function tokenOf(data: Buffer): string | undefined {
  try {
    const { TokenValue: token } = JSON.parse(data.toString()) as { readonly TokenValue?: unknown };
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}

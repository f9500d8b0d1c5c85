import type { IncomingMessage, ServerResponse } from "node:http";
import { repositories, repositoryKey } from "../state/ecr.ts";
import { readLayerDownload, type LayerDownload } from "../state/layer-download.ts";
import { getBlob } from "./blobs.ts";
import type { RegistryPlatform } from "./call.ts";
import { admitted, type RegistryDoor } from "./door.ts";
import { isDisconnect, RegistryError } from "./errors.ts";

/**
 * Gives out the layer of a URL that `GetDownloadUrlForLayer` made, to whoever has the URL, until it expires. On AWS such a URL leads to
 * S3: refusals have its form and its words.
 */
export async function answerDownload(
  platform: RegistryPlatform,
  request: IncomingMessage,
  response: ServerResponse,
  { door, failed }: { readonly door: RegistryDoor; readonly failed: (cause: unknown) => void },
): Promise<void> {
  try {
    await giveLayer(platform, request, response, door);
  } catch (cause) {
    if (response.destroyed || request.socket.destroyed || response.headersSent) {
      // The answer has begun; one that is cut must not look whole.
      if (!isDisconnect(cause)) failed(cause);
      response.destroy();
    } else if (cause instanceof DownloadError) writeXml(response, cause.status, cause.code, cause.message);
    else if (cause instanceof RegistryError)
      writeXml(response, cause.status, S3_CODES[cause.code] ?? "AccessDenied", cause.message, cause.headers);
    else {
      failed(cause);
      writeXml(response, 500, "InternalError", "We encountered an internal error. Please try again.");
    }
  }
}

async function giveLayer(
  platform: RegistryPlatform,
  request: IncomingMessage,
  response: ServerResponse,
  door: RegistryDoor,
): Promise<void> {
  const method = request.method ?? "GET";
  const { account, region, repository, madeAt, digest } = await admitted(door, () => signedDownload(platform, request, method));
  const found = platform.state.table(repositories).get(repositoryKey({ account, region }, repository));
  if (found?.createdAt !== madeAt) throw new DownloadError(404, "NoSuchKey", "The specified key does not exist.");
  await getBlob({ platform, request, response, method, scope: { account, region } }, repository, digest);
}

function signedDownload({ secrets, clock }: RegistryPlatform, { url = "" }: IncomingMessage, method: string): LayerDownload {
  if (method !== "GET" && method !== "HEAD")
    throw new DownloadError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  const [path = "", query] = url.split("?");
  const download = readLayerDownload(secrets, path, new URLSearchParams(query));
  if (!download)
    throw new DownloadError(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
  if (clock.now() >= download.expiresAt) throw new DownloadError(403, "AccessDenied", "Request has expired");
  return download;
}

class DownloadError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** S3's names for what can be wrong with a blob. */
const S3_CODES: Readonly<Record<string, string>> = {
  NAME_UNKNOWN: "NoSuchKey",
  BLOB_UNKNOWN: "NoSuchKey",
  RANGE_INVALID: "InvalidRange",
};

function writeXml(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = message.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  response.writeHead(status, { ...headers, "content-type": "application/xml", "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

import { GetAuthorizationTokenCommand, type ECRClient } from "@aws-sdk/client-ecr";
import type { DockerEngine } from "../../drivers/docker/engine.ts";
import { registryAuthHeader } from "../../drivers/docker/registry-auth.ts";
import { CliError } from "../cli-error.ts";
import { followProgress } from "./progress-stream.ts";

export interface PushedImage {
  readonly digest: string | undefined;
  /** Layers that went over the wire, and those that the registry had. */
  readonly pushed: number;
  readonly reused: number;
}

/** What `docker login` and `docker push` do, over the engine's own API: the docker client need not be installed. */
export async function pushImage(engine: DockerEngine, ecr: ECRClient, repository: string, tag: string): Promise<PushedImage> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [username = "", password = ""] = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64")
    .toString("utf8")
    .split(/:(.*)/s);
  const login = { username, password, serveraddress: repository.split("/")[0] ?? "" };
  const stream = await engine.stream("POST", `/images/${repository}/push`, {
    query: { tag },
    headers: registryAuthHeader(login),
  });
  const layers = new Map<string, "pushed" | "reused">();
  let digest: string | undefined;
  await followProgress(stream, ({ id, status = "", error }) => {
    if (error !== undefined) throw new CliError(`the image could not be pushed to ${repository}: ${error}`);
    if (id !== undefined && status === "Pushed") layers.set(id, "pushed");
    if (id !== undefined && (status === "Layer already exists" || status.startsWith("Mounted from"))) layers.set(id, "reused");
    digest = / digest: (sha256:[0-9a-f]{64})/.exec(status)?.[1] ?? digest;
  });
  const outcomes = [...layers.values()];
  return {
    digest,
    pushed: outcomes.filter((outcome) => outcome === "pushed").length,
    reused: outcomes.filter((outcome) => outcome === "reused").length,
  };
}

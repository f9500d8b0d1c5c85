import { HOW_TO_JOIN_DOCKER_GROUP, howToInstall, howToStartEngine } from "../../bin/setup/advice.js";
import { EngineUnavailableError } from "../drivers/docker/engine.ts";
import { BackupError } from "../drivers/backup/contents.ts";
import { HostPathRefused } from "../drivers/filesystem/host-paths.ts";
import { RootKeyError } from "../drivers/filesystem/root-key.ts";
import { DatabaseInUseError, isFull } from "../drivers/sqlite/database.ts";
import { CliError } from "./cli-error.ts";
import { runningServer } from "./running-server.ts";

interface Attempt {
  readonly port: number;
  readonly dataDirectory: string;
  readonly dockerSocket: string;
}

/** Says what kept the server from starting and what to do; what is no known cause comes back as it is. */
export function explained(error: unknown, { port, dataDirectory, dockerSocket }: Attempt): unknown {
  const code = codeOf(error);
  const cause = { cause: error };
  const other = runningServer(dataDirectory);
  const byOther = other && other.pid !== process.pid ? ` by the Airfield that runs as process ${other.pid} at ${other.url}` : "";
  if (error instanceof Error && error.name === "NewerStateError")
    return new CliError(error.message, `The data folder is ${dataDirectory}; nothing in it was changed.`, cause);
  if (error instanceof BackupError) return new CliError(error.message, error.advice, cause);
  if (error instanceof RootKeyError) return new CliError(error.message, error.advice, cause);
  if (error instanceof Error && error.name === "NoPacketFilterError")
    return new CliError(
      error.message,
      "`airfield doctor` tells what to do; without --require-packet-filter it starts all the same.",
      cause,
    );
  if (error instanceof HostPathRefused)
    return new CliError(error.message, "Name another folder with --host-path or AIRFIELD_HOST_PATHS.", cause);
  if (error instanceof DatabaseInUseError) {
    return new CliError(
      `the data folder ${dataDirectory} is in use${byOther || " by another process"}`,
      "Stop that one, or name another folder with --data or AIRFIELD_DATA.",
      cause,
    );
  }
  if (code === "EADDRINUSE") {
    return new CliError(
      `port ${port} is taken${byOther || " by another program"}`,
      "Choose another with --port or AIRFIELD_PORT (0: any that is free).",
      cause,
    );
  }
  if (code === "EACCES" && systemCall(error) === "listen") {
    return new CliError(`port ${port} may not be opened by this user`, "Choose one above 1023 with --port or AIRFIELD_PORT.", cause);
  }
  if (error instanceof EngineUnavailableError) {
    if (codeOf(error.cause) === "EACCES") {
      return new CliError(`no permission for the Docker engine at ${dockerSocket}`, sentence(HOW_TO_JOIN_DOCKER_GROUP), cause);
    }
    const advice = `If Docker is installed, ${howToStartEngine()}; if not, ${howToInstall(["dockerd"])}. \`airfield doctor\` tells more.`;
    return new CliError(error.message, advice, cause);
  }
  if (error instanceof Error && error.name === "HaproxyMissingError") {
    return new CliError(
      "HAProxy, which carries the traffic of the load balancers, is not installed",
      sentence(howToInstall(["haproxy"])),
      cause,
    );
  }
  if (error instanceof Error && error.name === "BucketTakenError")
    return new CliError(error.message, "Give AIRFIELD_REGISTRY_STORE another bucket or prefix.", cause);
  if (isFromS3(error))
    return new CliError(
      `the bucket of AIRFIELD_REGISTRY_STORE cannot be used: ${(error as Error).message || (error as Error).name}`,
      "It must exist, and its keys must be allowed to list, read, write and delete in it. AIRFIELD_S3_ENDPOINT, AIRFIELD_S3_REGION and AIRFIELD_S3_ACCESS_KEY_ID tell where it is.",
      cause,
    );
  if (isFull(error))
    return new CliError(
      `the disk of ${dataDirectory} is full: ${(error as Error).message}`,
      "Free some space there, and start again.",
      cause,
    );
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new CliError(
      `the data folder ${dataDirectory} cannot be written: ${(error as Error).message}`,
      "Name another folder with --data or AIRFIELD_DATA.",
      cause,
    );
  }
  return error;
}

/** What the SDK throws tells what the server answered, or how often it was asked in vain. */
function isFromS3(error: unknown): boolean {
  return error instanceof Error && "$metadata" in error && process.env["AIRFIELD_REGISTRY_STORE"] !== undefined;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function systemCall(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).syscall;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

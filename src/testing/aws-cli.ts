import { execFile } from "node:child_process";
import { DEFAULT_REGION } from "../domain/scope.ts";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliTarget {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A folder without configuration of its own, so that nothing of the user's gets in. */
  readonly home: string;
}

/** Runs the real `aws` command line against an endpoint. */
export function runAws(target: CliTarget, args: readonly string[]): Promise<CliResult> {
  return runCommand("aws", args, cliEnvironment(target));
}

/** What `airfield env` exports, and what keeps the command line quiet and quick. */
export function cliEnvironment({ url, accessKeyId, secretAccessKey, home }: CliTarget): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: home,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: DEFAULT_REGION,
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
  };
}

/** Runs a command to its end; never rejects. */
export function runCommand(command: string, args: readonly string[], env: NodeJS.ProcessEnv, input?: string): Promise<CliResult> {
  return new Promise((resolve) => {
    const child = execFile(command, [...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({
        code: error ? (typeof error.code === "number" ? error.code : 1) : 0,
        stdout,
        stderr: stderr || (error && !stdout ? error.message : stderr),
      });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

import type { ServiceExplanation, TargetExplanation, TaskExplanation } from "../../domain/task-explanation.ts";
import { askServer } from "../../drivers/operator/question-door.ts";
import { CliError } from "../cli-error.ts";
import { dataSetting, START_COMMAND } from "../settings.ts";
import { renderExplanation, renderService, renderTarget } from "./render.ts";

interface Flags {
  readonly data?: string;
  readonly json?: boolean;
}

/** `airfield explain task <id>`: walks a task's way, and names the first thing in it. */
export async function explainTask(id: string, flags: Flags): Promise<void> {
  const explanation = (await ask(flags, { task: id })) as TaskExplanation | null;
  if (!explanation)
    throw new CliError(
      `there is no task ${JSON.stringify(id)}`,
      "Give a task's id or ARN, as `aws ecs list-tasks` tells it, with --desired-status STOPPED for those that stopped within the hour.",
    );
  print(flags, explanation, renderExplanation);
}

/** `airfield explain service <cluster>/<service>`. */
export async function explainService(named: string, flags: Flags): Promise<void> {
  const [explanation, ...others] = (await ask(flags, { service: named })) as readonly ServiceExplanation[];
  if (!explanation)
    throw new CliError(
      `there is no service ${JSON.stringify(named)}`,
      "Give it as cluster/service, or by its ARN, as `aws ecs list-services` tells it.",
    );
  if (others.length > 0)
    throw new CliError(
      `several services are called ${JSON.stringify(named)}`,
      `Give the ARN of one: ${[explanation, ...others].map(({ service }) => service.arn).join(", ")}.`,
    );
  print(flags, explanation, renderService);
}

/** `airfield explain target <target-group-arn> [target]`. */
export async function explainTarget(targetGroup: string, target: string | undefined, flags: Flags): Promise<void> {
  const explanation = (await ask(flags, { targetGroup, ...(target !== undefined && { target }) })) as TargetExplanation | null;
  if (!explanation)
    throw new CliError(
      `there is no target group ${JSON.stringify(targetGroup)}${target === undefined ? "" : `, or no target ${JSON.stringify(target)} in it`}`,
      "Give its ARN, as `aws elbv2 describe-target-groups` tells it, and a target as `aws elbv2 describe-target-health` does: 10.0.1.5 or 10.0.1.5:8080.",
    );
  print(flags, explanation, renderTarget);
}

async function ask({ data }: Flags, question: object): Promise<unknown> {
  const found = await askServer(dataSetting(data), question);
  if (!found)
    throw new CliError("no server runs on this data folder", `Run \`${START_COMMAND}\`, or name its folder with --data or AIRFIELD_DATA.`);
  return found.answer;
}

function print<T>({ json }: Flags, explanation: T, render: (explanation: T) => string): void {
  console.log(json ? JSON.stringify(explanation, undefined, 2) : render(explanation));
}

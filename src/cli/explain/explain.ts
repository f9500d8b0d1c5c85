import type { TaskExplanation } from "../../domain/task-explanation.ts";
import { askServer } from "../../drivers/operator/question-door.ts";
import { CliError } from "../cli-error.ts";
import { dataSetting, START_COMMAND } from "../settings.ts";
import { renderExplanation } from "./render.ts";

/** `airfield explain task <id>`: walks a task's way, and names the first thing in it. */
export async function explainTask(id: string, flags: { readonly data?: string; readonly json?: boolean }): Promise<void> {
  const found = await askServer(dataSetting(flags.data), { task: id });
  if (!found)
    throw new CliError("no server runs on this data folder", `Run \`${START_COMMAND}\`, or name its folder with --data or AIRFIELD_DATA.`);
  const explanation = found.answer as TaskExplanation | null;
  if (!explanation)
    throw new CliError(
      `there is no task ${JSON.stringify(id)}`,
      "Give a task's id or ARN, as `aws ecs list-tasks` tells it, with --desired-status STOPPED for those that stopped within the hour.",
    );
  console.log(flags.json ? JSON.stringify(explanation, undefined, 2) : renderExplanation(explanation));
}

import { explainTask } from "../control/reachability/explain-task.ts";
import { errorTrace } from "../domain/error-text.ts";
import { openQuestionDoor } from "../drivers/operator/question-door.ts";
import { imageHome } from "../registry/resolve.ts";
import type { Start } from "./options.ts";
import type { WholePlatform } from "./platform.ts";

/** Where `airfield explain` asks. Without it everything else works: the operator is told. */
export async function openDoorForQuestions({ options, logger, opened }: Start, platform: WholePlatform): Promise<void> {
  const { state } = platform;
  const homeOf = (reference: string, scope: Parameters<typeof imageHome>[2]) => imageHome(platform, reference, scope);
  const answer = (question: unknown): unknown => {
    const { task } = (question ?? {}) as { readonly task?: unknown };
    // `null`: a task that is not there.
    return typeof task === "string" ? (explainTask(state, task, homeOf) ?? null) : null;
  };
  const failed = (cause: unknown): void => logger.error("a question of the operator failed", { cause: errorTrace(cause) });
  try {
    opened.use(await openQuestionDoor({ dataDirectory: options.dataDirectory, answer, failed }));
  } catch (cause) {
    logger.warn("`airfield explain` cannot ask this server", { cause: String(cause) });
  }
}

import { explainServices } from "../control/reachability/explain-service.ts";
import { explainTarget } from "../control/reachability/explain-target.ts";
import { explainTask } from "../control/reachability/explain-task.ts";
import { errorTrace } from "../domain/error-text.ts";
import { openQuestionDoor } from "../drivers/operator/question-door.ts";
import { imageHome } from "../registry/resolve.ts";
import type { Start } from "./options.ts";
import type { WholePlatform } from "./platform.ts";

/** Where `airfield explain` asks. Without it everything else works: the operator is told. */
export async function openDoorForQuestions({ options, logger, opened }: Start, platform: WholePlatform): Promise<void> {
  const { state, clock, ids } = platform;
  const homeOf = (reference: string, scope: Parameters<typeof imageHome>[2]) => imageHome(platform, reference, scope);
  const parts = { state, clock, ids, homeOf };
  const answer = (question: unknown): unknown => {
    const { task, service, targetGroup, target } = (question ?? {}) as Readonly<Record<string, unknown>>;
    // `null`, and an empty list: what is not there.
    if (typeof service === "string") return explainServices(parts, service);
    if (typeof targetGroup === "string") return explainTarget(state, targetGroup, typeof target === "string" ? target : undefined) ?? null;
    return typeof task === "string" ? (explainTask(parts, task) ?? null) : null;
  };
  const failed = (cause: unknown): void => logger.error("a question of the operator failed", { cause: errorTrace(cause) });
  try {
    opened.use(await openQuestionDoor({ dataDirectory: options.dataDirectory, answer, failed }));
  } catch (cause) {
    logger.warn("`airfield explain` cannot ask this server", { cause: String(cause) });
  }
}

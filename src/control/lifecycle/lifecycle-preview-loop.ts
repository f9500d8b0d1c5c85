import { evaluateLifecyclePolicy } from "../../decide/lifecycle-policy/evaluate.ts";
import { lifecyclePreviews, storedLifecyclePolicy } from "../../state/ecr-lifecycle.ts";
import { images } from "../../state/ecr.ts";
import { loop, records, type Needs } from "../loop.ts";

/** Makes previews of lifecycle policies as soon as they are asked for. */
export const lifecyclePreviewLoop = loop("lifecycle policy previews", ({ state, clock }: Needs) => ({
  watches: [records(lifecyclePreviews, ({ after }) => after !== undefined && !after.results)],
  async step(key) {
    const record = state.table(lifecyclePreviews).get(key);
    if (!record || record.results) return;
    const steps = evaluateLifecyclePolicy(storedLifecyclePolicy(record.text), state.table(images).by("repository", key), clock.now());
    const results = steps.map(({ image: { digest, tags, pushedAt, status }, action, rulePriority }) => ({
      digest,
      tags,
      pushedAt,
      storageClass: status === "ARCHIVED" ? ("archive" as const) : ("standard" as const),
      action,
      rulePriority,
    }));
    state.commit(() => state.table(lifecyclePreviews).replace(record, { ...record, results }));
    await state.durable();
  },
}));

import { KMSInvalidStateException } from "@aws-sdk/client-kms";
import { keys, keyState, type KeyRecord } from "../../state/kms/keys.ts";
import { isReplica, relatedKeys } from "../../state/kms/lifecycle.ts";
import { lengthWithin, within } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { DAY, ENDING, keyPermission, onKey, operation, refuse, refuseManaged, refuseStates, requireOwnKey } from "./key.ts";

function changeKey({ state }: OperationContext, key: KeyRecord): KeyRecord {
  return state.commit(() => state.table(keys).put(key));
}

/** A key of the caller's that the caller may change. */
function ownKey(context: OperationContext, id: string | undefined): KeyRecord {
  const key = requireOwnKey(context, id);
  refuseManaged(key);
  return key;
}

export const enableKey = operation("EnableKey", {
  authorize: onKey("EnableKey"),
  run({ KeyId }, context) {
    const key = ownKey(context, KeyId);
    refuseStates(key, context.now, "PendingImport", ...ENDING);
    changeKey(context, { ...key, enabled: true });
    return {};
  },
});

export const disableKey = operation("DisableKey", {
  authorize: onKey("DisableKey"),
  run({ KeyId }, context) {
    const key = ownKey(context, KeyId);
    refuseStates(key, context.now, "PendingImport", ...ENDING);
    changeKey(context, { ...key, enabled: false });
    return {};
  },
});

export const updateKeyDescription = operation("UpdateKeyDescription", {
  authorize: onKey("UpdateKeyDescription"),
  run({ KeyId, Description = "" }, context) {
    refuse(lengthWithin("description", Description, 0, 8192));
    const key = ownKey(context, KeyId);
    refuseStates(key, context.now, ...ENDING);
    changeKey(context, { ...key, description: Description });
    return {};
  },
});

export const scheduleKeyDeletion = operation("ScheduleKeyDeletion", {
  authorize: ({ KeyId, PendingWindowInDays = 30 }, at) =>
    keyPermission("ScheduleKeyDeletion", at, KeyId, { "kms:ScheduleKeyDeletionPendingWindowInDays": String(PendingWindowInDays) }),
  run({ KeyId, PendingWindowInDays: windowInDays = 30 }, context) {
    refuse(within("pendingWindowInDays", windowInDays, 7, 30));
    const { state, now } = context;
    const key = ownKey(context, KeyId);
    refuseStates(key, now, ...ENDING);
    // A primary key waits for its replicas: its window begins when the last one is gone.
    const waits = key.multiRegion !== undefined && !isReplica(key) && relatedKeys(state, key).length > 0;
    const deletion = { windowInDays, ...(waits ? {} : { at: now + windowInDays * DAY }) };
    const changed = changeKey(context, { ...key, deletion });
    return {
      KeyId: key.arn,
      KeyState: keyState(changed, now),
      PendingWindowInDays: windowInDays,
      ...(deletion.at === undefined ? {} : { DeletionDate: new Date(deletion.at) }),
    };
  },
});

export const cancelKeyDeletion = operation("CancelKeyDeletion", {
  authorize: onKey("CancelKeyDeletion"),
  run({ KeyId }, context) {
    const { deletion, ...key } = ownKey(context, KeyId);
    if (!deletion) throw new KMSInvalidStateException(because(`${key.arn} is not pending deletion.`));
    // Source: KMS API Reference, `CancelKeyDeletion`: "the key state of the KMS key is Disabled".
    changeKey(context, { ...key, enabled: false });
    return { KeyId: key.arn };
  },
});

import { NoSuchChange, type ChangeInfo } from "@aws-sdk/client-route-53";
import { defined } from "../../domain/defined.ts";
import { keepLatest } from "../../state/keep-latest.ts";
import { changes, type ChangeRecord } from "../../state/route53.ts";
import { because, type OperationContext } from "../operation.ts";
import { bareId, changeArn, operation } from "./route53-operation.ts";

/** How many changes an account's latest are asked for by id; of earlier ones AWS, too, tells nothing in the end. */
const KEPT = 1000;

/** Records a change, inside the commit that makes it. What the name server answers follows the records, so it is everywhere once it is durable. */
export function recordChange({ state, account, now, ids }: OperationContext, comment?: string): ChangeInfo {
  const id = `C${ids.alphanumeric(20).toUpperCase()}`;
  const change = state.table(changes).insert({ id, account, submittedAt: now, ...defined({ comment }) });
  keepLatest(state, changes, { index: "account", value: account, most: KEPT, at: ({ submittedAt }) => submittedAt });
  return changeInfo(change, "PENDING");
}

function changeInfo({ id, comment, submittedAt }: ChangeRecord, status: "PENDING" | "INSYNC"): ChangeInfo {
  return { Id: `/change/${id}`, Status: status, SubmittedAt: new Date(submittedAt), ...defined({ Comment: comment }) };
}

export const getChange = operation("GetChange", {
  authorize: ({ Id }, at) => ({ action: "route53:GetChange", resource: changeArn(at, Id) }),
  run({ Id }, { state }) {
    const id = bareId(Id, "change");
    const change = state.table(changes).get(id);
    if (!change) throw new NoSuchChange(because(`Could not find resource with ID: ${id}`));
    return { ChangeInfo: changeInfo(change, "INSYNC") };
  },
});

import { flowLogs } from "../../../state/ec2-flow-logs.ts";
import { onOne, operation } from "../ec2-operation.ts";
import { flowLogsNotFound } from "./describe-flow-logs.ts";

/** All of them, or none where one is not there. What was counted and not delivered yet is not delivered any more. */
export const deleteFlowLogs = operation("DeleteFlowLogs", {
  authorize: ({ FlowLogIds = [] }, at) => FlowLogIds.map((id) => onOne("DeleteFlowLogs", "vpc-flow-log", id, at)),
  run({ FlowLogIds = [] }, { state, account, region }) {
    const table = state.table(flowLogs);
    const ids = [...new Set(FlowLogIds)];
    const missing = ids.filter((id) => {
      const found = table.get(id);
      return found?.account !== account || found.region !== region;
    });
    if (missing.length > 0) throw flowLogsNotFound(...missing);
    state.commit(() => {
      for (const id of ids) table.delete(id);
    });
    return { Unsuccessful: [] };
  },
});

import { auditLogContract } from "../../testing/audit-log-contract.ts";
import { memoryAuditLog } from "./audit-log.ts";

auditLogContract(async () => ({ log: memoryAuditLog(), [Symbol.asyncDispose]: () => Promise.resolve() }));

import type { DomainValidationRecord } from "../../state/acm.ts";
import { findRecord } from "../../state/dns-zones.ts";
import type { WholeState } from "../../state/state.ts";

/** The validations of a request as the public DNS has them now. Equal ones are returned as they were. */
export function validated(state: WholeState, before: readonly DomainValidationRecord[]): readonly DomainValidationRecord[] {
  const after = before.map((validation) => {
    const status = isProved(state, validation) ? "SUCCESS" : "PENDING_VALIDATION";
    return status === validation.status ? validation : ({ ...validation, status } as const);
  });
  return after.some((validation, at) => validation !== before[at]) ? after : before;
}

function isProved(state: WholeState, { recordName, recordValue }: DomainValidationRecord): boolean {
  return findRecord(state, recordName, "CNAME").some((value) => withDot(value.toLowerCase()) === recordValue);
}

function withDot(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

export const allProved = (validations: readonly DomainValidationRecord[]): boolean =>
  validations.every(({ status }) => status === "SUCCESS");

import { CredentialReportExpiredException, CredentialReportNotPresentException } from "@aws-sdk/client-iam";
import { accessKeys, users, type AccessKeyRecord, type UserRecord } from "../../state/iam.ts";
import { because, type OperationContext } from "../operation.ts";
import { accountRecord, changeAccount } from "./account-record.ts";
import { iamArn, onAccount, operation } from "./iam-operation.ts";

/** A report is good for four hours; one that is asked for earlier again is not made anew. Source: IAM User Guide, "credential reports". */
const GOOD_FOR = 4 * 3_600_000;

const KEY_COLUMNS = ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"];
const COLUMNS = [
  "user",
  "arn",
  "user_creation_time",
  "password_enabled",
  "password_last_used",
  "password_last_changed",
  "password_next_rotation",
  "mfa_active",
  ...[1, 2].flatMap((at) => KEY_COLUMNS.map((column) => `access_key_${at}_${column}`)),
  ...[1, 2].flatMap((at) => [`cert_${at}_active`, `cert_${at}_last_rotated`]),
];

export const generateCredentialReport = operation("GenerateCredentialReport", {
  authorize: onAccount("GenerateCredentialReport"),
  run(_input, context) {
    const known = accountRecord(context).credentialReport;
    if (known && context.now - known.generatedAt < GOOD_FOR) return { State: "COMPLETE" as const };
    const csv = credentialReport(context);
    changeAccount(context, (record) => ({ ...record, credentialReport: { generatedAt: context.now, csv } }));
    // The first answer tells that it was begun; whoever asks again learns that it is there.
    return { State: "STARTED" as const, Description: "No report exists. Starting a new report generation task" };
  },
});

export const getCredentialReport = operation("GetCredentialReport", {
  authorize: onAccount("GetCredentialReport"),
  run(_input, context) {
    const report = accountRecord(context).credentialReport;
    if (!report) throw new CredentialReportNotPresentException(because("Report not present"));
    if (context.now - report.generatedAt >= GOOD_FOR) throw new CredentialReportExpiredException(because("Report expired"));
    return { Content: Buffer.from(report.csv), ReportFormat: "text/csv" as const, GeneratedTime: new Date(report.generatedAt) };
  },
});

/** One line for root, then one for each user. There are no passwords, devices and certificates here. */
function credentialReport(context: OperationContext): string {
  const { state, account } = context;
  const rootKeys = state
    .table(accessKeys)
    .by("account", account)
    .filter(({ userName }) => userName === undefined);
  const found = [...state.table(users).by("account", account)].sort((a, b) => a.createdAt - b.createdAt);
  return [COLUMNS, rootLine(context, rootKeys), ...found.map((user) => userLine(user, state.table(accessKeys).by("user", users.key(user))))]
    .map((line) => line.join(","))
    .join("\n");
}

/** Root's first key is the operator's: active, and older than what is known of it. */
function rootLine(context: OperationContext, keys: readonly AccessKeyRecord[]): readonly string[] {
  const created = time(accountRecord(context).createdAt);
  const operators = ["true", created, "N/A", "N/A", "N/A"];
  const [other] = keys;
  const password = ["not_supported", "no_information", "not_supported", "not_supported"];
  return ["<root_account>", iamArn(context, "root"), created, ...password, "false", ...operators, ...keyCells(other), ...NO_CERTIFICATES];
}

const NO_CERTIFICATES = ["false", "N/A", "false", "N/A"];

function userLine({ name, arn, createdAt }: UserRecord, keys: readonly AccessKeyRecord[]): readonly string[] {
  const [first, second] = [...keys].sort((a, b) => a.createdAt - b.createdAt);
  const password = ["false", "N/A", "N/A", "N/A"];
  return [name, arn, time(createdAt), ...password, "false", ...keyCells(first), ...keyCells(second), ...NO_CERTIFICATES].map(cell);
}

function keyCells(key: AccessKeyRecord | undefined): readonly string[] {
  if (!key) return ["false", "N/A", "N/A", "N/A", "N/A"];
  const { status, createdAt, lastUsed } = key;
  const used = lastUsed ? [time(lastUsed.at), lastUsed.region, lastUsed.service] : ["N/A", "N/A", "N/A"];
  return [String(status === "Active"), time(createdAt), ...used];
}

/** Names may have commas. */
function cell(text: string): string {
  return text.includes(",") ? `"${text}"` : text;
}

/** `2015-01-31T12:00:00+00:00`. */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+00:00`;
}
